/** The files of a directory: listed, hashed, and copied durably. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Dirent } from 'node:fs'
import { chmod, copyFile, constants, mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartupProblem } from '../../compose/process/startupProblem.js'

/** What a file holds: its length, and the SHA-256 of its bytes, base64url. */
export type Content = { readonly bytes: number; readonly sha256: string }

/** Paths below a directory, with slashes, in order; none when it is not there. Throws StartupProblem for what is neither file nor directory. */
export const filesIn = async (directory: string, below = ''): Promise<readonly string[]> => {
  const entries = await entriesOf(join(directory, below))
  const found: string[] = []
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await filesIn(directory, path)))
    else if (entry.isFile()) found.push(path)
    else throw new StartupProblem(78, `${join(directory, path)} is neither a file nor a directory`)
  }
  return found
}

const entriesOf = async (directory: string): Promise<Dirent[]> => {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

export const contentOf = async (path: string): Promise<Content> => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('base64url') }
}

/** A new file that only this user may read; its bytes are on the disk when this resolves, its name once `syncTree` did. */
export const copyDurably = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to, constants.COPYFILE_EXCL)
  await chmod(to, 0o600)
  await sync(to, 'r+')
}

export const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes every name in a directory, and in those below it, durable. */
export const syncTree = async (directory: string): Promise<void> => {
  for (const entry of await entriesOf(directory)) if (entry.isDirectory()) await syncTree(join(directory, entry.name))
  await syncNames(directory)
}

export const syncNames = (directory: string): Promise<void> => sync(directory, 'r')

const sync = async (path: string, flags: 'r' | 'r+'): Promise<void> => {
  const opened = await open(path, flags)
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

/** Swept or erased after it was listed. */
export const unlessGone = async (copying: Promise<void>): Promise<void> => {
  try {
    await copying
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
