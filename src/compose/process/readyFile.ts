/** `ready.json` in the data directory: who serves it and where, for as long as it does. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const ready = z.object({
  pid: z.number().int(),
  url: z.string(),
  /** How this machine reaches it, and the operators' door; servers of older versions have none. */
  localUrl: z.string().optional(),
  operatorUrl: z.string().optional(),
  version: z.string(),
})
export type Ready = Readonly<z.infer<typeof ready>>

const fileIn = (directory: string): string => join(directory, 'ready.json')

/** Resolves with how to take it away again. */
export const writeReadyFile = async (directory: string, found: Ready): Promise<() => Promise<void>> => {
  const file = fileIn(directory)
  await writeFile(file, JSON.stringify(found))
  return () => rm(file, { force: true })
}

/** What the server says that serves the directory; undefined where none does, or none any more. */
export const readReadyFile = async (directory: string): Promise<Ready | undefined> => {
  const text = await readFile(fileIn(directory), 'utf8').catch(() => undefined)
  const read = text === undefined ? undefined : ready.safeParse(parsed(text))
  return read?.success === true && isRunning(read.data.pid) ? read.data : undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Whoever may not signal it knows by that that it is there. */
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
