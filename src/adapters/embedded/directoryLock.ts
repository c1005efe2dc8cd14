/** One server per data directory: an exclusive lock that the kernel lets go of however the process ends. */
import { DatabaseSync } from '@photostructure/sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { failureOf } from './database.js'

/** Another process (or another store of this one) serves the directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse'
}

export type DirectoryLock = { readonly release: () => void }

/**
 * The held locks. A DatabaseSync that nothing references is garbage-collected, and a second process then gets the lock:
 * so they are referenced here until released.
 */
const held = new Set<InstanceType<typeof DatabaseSync>>()

/**
 * Takes `lock.db` with BEGIN EXCLUSIVE and keeps the transaction open. A rollback journal, because WAL has no exclusive
 * begin; a file of its own, so that readers of the log are not shut out; no pid file, since one survives kill -9.
 * Throws DirectoryInUse within half a second.
 */
export const lockDirectory = (directory: string): DirectoryLock => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(directory, 'lock.db'), { timeout: 300 })
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (failureOf(error) !== 'busy') throw error
    throw new DirectoryInUse(`another server already runs on the data directory ${directory}`)
  }
  held.add(database)
  return {
    release: () => {
      if (held.delete(database)) database.close()
    },
  }
}
