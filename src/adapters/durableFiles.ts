/** Files that are whole or not there, and still there after a power loss. */
import { mkdir, open, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a new file that only its owner may read, and its bytes to the disk. */
export const writeSynced = async (path: string, content: string | Uint8Array): Promise<void> => {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a directory's entries durable: what was made, renamed or removed in it. */
export const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Makes a directory that only its owner may enter, unless it is there, and those above it: each name that is new is durable. */
export const makeDirectory = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** The names in a directory; none when it is not there. */
export const namesIn = async (path: string): Promise<readonly string[]> => (await unlessMissing(readdir(path))) ?? []

/** What was asked of a file, or undefined when the file is not there. */
export const unlessMissing = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))
