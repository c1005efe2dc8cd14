/** What is being written or removed stands aside, in `incoming`, so that under its own name a file is whole or not there. */
import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeDirectory, syncDirectory, writeSynced } from '../durableFiles.js'

/** Readies the place for what is unfinished; clears away what an earlier process did not finish. */
export const clearIncoming = async (root: string): Promise<void> => {
  await rm(join(root, 'incoming'), { recursive: true, force: true })
  await mkdir(join(root, 'incoming'), { recursive: true, mode: 0o700 })
}

/** A name of its own that the next start clears away. */
export const incomingPath = (root: string): string => join(root, 'incoming', randomUUID())

/** Under its name only whole and durable, and its name durable before this resolves; what was under the name is replaced. */
export const writeWhole = async (root: string, path: string, bytes: Uint8Array): Promise<void> => {
  const temporary = incomingPath(root)
  try {
    await writeSynced(temporary, bytes)
    await makeDirectory(dirname(path))
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } finally {
    await rm(temporary, { force: true })
  }
}
