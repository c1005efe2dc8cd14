/** Directories that appear whole under their names or not at all, whatever ends the command that makes them. */
import { rmSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { isMissing, syncNames } from './files.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Throws StartupProblem where something is already. */
export const refuseUnlessEmpty = async (directory: string, but: readonly string[] = []): Promise<void> => {
  const found = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const [first] = found.filter((name) => !but.includes(name))
  if (first !== undefined) throw new StartupProblem(78, `${directory} is not empty: ${first} is there`)
}

/**
 * `make` gets a directory for each name, to be filled; they get their names in this order once it resolves, each durably.
 * What a kill -9 leaves is called `<name>.unfinished-<tag>`, and can be deleted.
 */
export const wholeOrNot = async <Names extends readonly string[], T>(
  names: Names,
  tag: string,
  make: (unfinished: Names) => Promise<T>,
): Promise<T> => {
  const unfinished = names.map((name) => `${name}.unfinished-${tag}`)
  return removedUnlessDone(unfinished, async () => {
    for (const directory of unfinished) await mkdir(directory, { recursive: true, mode: 0o700 })
    const made = await make(unfinished as unknown as Names)
    for (const [n, name] of names.entries()) {
      await rename(unfinished[n] ?? '', name)
      await syncNames(dirname(name))
    }
    return made
  })
}

/** Removes these paths when the work fails, or when a signal ends the process on the way. */
export const removedUnlessDone = async <T>(paths: readonly string[], work: () => Promise<T>): Promise<T> => {
  const interrupted = (signal: NodeJS.Signals): void => {
    for (const path of paths) rmSync(path, { recursive: true, force: true })
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
  for (const signal of signals) process.on(signal, interrupted)
  try {
    return await work()
  } catch (error) {
    for (const path of paths) await rm(path, { recursive: true, force: true })
    throw error
  } finally {
    for (const signal of signals) process.off(signal, interrupted)
  }
}
