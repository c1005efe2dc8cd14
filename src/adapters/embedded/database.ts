/** Opening SQLite files the way every embedded store needs them, with typed statements and classified failures. */
import { DatabaseSync } from '@photostructure/sqlite'
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

type Connection = InstanceType<typeof DatabaseSync>

export type SqlValue = string | number | null | Uint8Array

export type Statement = {
  /** Runs it; the number of rows changed. */
  readonly run: (...values: readonly SqlValue[]) => number
  /** The first row, its columns in order. */
  readonly get: (...values: readonly SqlValue[]) => readonly unknown[] | undefined
  readonly all: (...values: readonly SqlValue[]) => readonly (readonly unknown[])[]
}

export type Database = {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => Statement
  readonly inTransaction: () => boolean
  /**
   * Empties the write-ahead log, so that nothing deleted stays in it; false, at once or after `waitMs`, while a reader is in
   * the way. Readers that come meanwhile are in nobody's way.
   */
  readonly emptyWal: (waitMs?: number) => boolean
  /**
   * Closes it. The driver lets go of the file only when the prepared statements are garbage-collected, so SQLite's own
   * clean-up at the last close may come late: who writes empties the write-ahead log first.
   */
  readonly close: () => void
}

export type DatabaseOptions = {
  /** 'full': durable at every commit; 'normal': consistent after power loss, its newest commits perhaps gone. */
  readonly durability: 'full' | 'normal'
  readonly readOnly?: boolean
}

/** How long a statement waits for another process (a command line tool, a recovery) before it is 'busy'. */
const busyTimeoutMs = 5_000

/**
 * Pages that a connection keeps, KiB. A reader drops its own whenever anybody has written, and the system keeps the file's: more
 * would be memory that comes and goes.
 */
const readerCacheKiB = 4_096
const writerCacheKiB = 8_192

/** Opens or makes a file in WAL mode that only this user can read; the directory entry is durable when it returns. */
export const openDatabase = (file: string, { durability, readOnly = false }: DatabaseOptions): Database => {
  if (!readOnly) makeFile(file)
  const database = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs })
  if (!readOnly) database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability}`)
  database.exec(`PRAGMA cache_size = -${readOnly ? readerCacheKiB : writerCacheKiB}; PRAGMA temp_store = MEMORY`)
  return {
    exec: (sql) => {
      database.exec(sql)
    },
    prepare: (sql) => prepare(database, sql),
    inTransaction: () => database.isTransaction,
    emptyWal: (waitMs = 0) => emptyWal(database, waitMs),
    close: () => {
      database.close()
    },
  }
}

const emptyWal = (database: Connection, waitMs: number): boolean => {
  database.exec(`PRAGMA busy_timeout = ${waitMs}`)
  try {
    const [busy] = Object.values(database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as Record<string, unknown>)
    return busy === 0
  } finally {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  }
}

/**
 * At a start: what a process that was killed left in the write-ahead log goes into the file, else it grows from kill to kill. A
 * full disk leaves it as it is: it can be read all the same.
 */
export const foldIn = (database: Database): void => {
  try {
    database.emptyWal()
  } catch (error) {
    if (failureOf(error) !== 'full') throw error
  }
}

const makeFile = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  syncDirectory(dirname(file))
}

/** Makes the names in a directory durable. */
const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const prepare = (database: Connection, sql: string): Statement => {
  const statement = database.prepare(sql)
  statement.setReturnArrays(true)
  return {
    run: (...values) => statement.run(...values).changes,
    get: (...values) => statement.get(...values) as readonly unknown[] | undefined,
    all: (...values) => statement.all(...values) as readonly (readonly unknown[])[],
  }
}

/** Runs `work` in one transaction: all of it is written when this returns, none of it when this throws. */
export const transaction = <Result>(database: Database, work: () => Result): Result => {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.inTransaction()) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * What a failed statement means. full: no room, nothing was written. busy: another process holds the file, nothing was
 * written. broken: the disk or the file failed (or something unknown did), and nothing may be relied on any more.
 */
export type Failure = 'full' | 'busy' | 'corrupt' | 'broken'

/** The primary result codes of SQLite (https://sqlite.org/rescode.html), by what they mean here. */
const failures: ReadonlyMap<number, Failure> = new Map([
  [5, 'busy'],
  [11, 'corrupt'],
  [13, 'full'],
  [26, 'corrupt'],
])

/** SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log, which is made anew at every start and holds nothing. */
const noRoomForIndex = 4874

export const failureOf = (error: unknown): Failure => {
  const code = (error as { readonly errcode?: unknown } | undefined)?.errcode
  if (code === noRoomForIndex) return 'full'
  return (typeof code === 'number' ? failures.get(code & 0xff) : undefined) ?? 'broken'
}
