/** The log in its SQLite file, as its one writer sees it: groups of appends, one transaction each. Synchronous. */
import { appendBytesMax, type Appended, type Expected } from '../../../ports/eventStore.js'
import { toPosition } from '../../../ports/position.js'
import { keepNewest } from '../../../structures/newest.js'
import type { SerializedEvent } from '../../serializedEvent.js'
import { transaction, type Database } from '../database.js'

export type AppendRequest = {
  readonly stream: string
  readonly expected: Expected
  readonly events: readonly SerializedEvent[]
}

export type EventLog = {
  /** The position of the newest event, 0 when there is none. */
  readonly head: () => number
  /** Writes a group in one transaction with one fsync; an answer each. When it throws, nothing of the group is written. */
  readonly append: (requests: readonly AppendRequest[]) => readonly Appended[]
  /** Deletes some of the events below a revision, but never a stream's last; true when there are more. */
  readonly truncateSome: (stream: string, before: number) => boolean
  /** Moves what can be moved from the write-ahead log into the file; one that has grown long waits a little for its readers. */
  readonly checkpoint: () => void
  /** Empties the write-ahead log, so that nothing deleted stays in it; false, at once, while a reader is in the way. */
  readonly emptyWal: () => boolean
  /** Writes as much as one append may be, and takes it back. Throws when an append would. */
  readonly probe: () => void
}

/** A stream's row and last revision (-1 when it has no event). */
type Head = { readonly id: number; readonly revision: number }

const headsKeptMax = 50_000
/**
 * Readers come and go all the time, and as long as one is there at the wrong moment the write-ahead log begins no anew: one
 * of so many pages (of 4 KiB) has its readers waited for, who are gone in a moment.
 */
const walPagesMax = 6_000
const readersWaitMs = 250
const truncatedAtOnceMax = 250

const schema = `
  CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (id),
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    created INTEGER NOT NULL,
    data TEXT,
    meta TEXT NOT NULL,
    UNIQUE (stream, revision),
    UNIQUE (stream, id)
  );`

/** SQLite's FULL: the write-ahead log is on disk before a commit returns. */
const synchronousMin = 2

/** What is acknowledged must outlive a loss of power, so a database that is not durable at every commit is refused. */
const refuseForgetful = (database: Database): void => {
  const [synchronous] = database.prepare('PRAGMA synchronous').get() ?? []
  if (Number(synchronous) < synchronousMin) throw new Error('the log is not opened to be durable at every commit')
}

/** `database` must be durable at every commit; `now` only fills the column `created`, for people who look into the file. */
export const createEventLog = (database: Database, now: () => number): EventLog => {
  refuseForgetful(database)
  database.exec('PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0')
  transaction(database, () => {
    database.exec(schema)
  })
  const insertEvent = database.prepare(
    'INSERT INTO events (position, stream, revision, id, type, created, data, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ' +
      'ON CONFLICT (stream, id) DO NOTHING',
  )
  const insertStream = database.prepare('INSERT INTO streams (name) VALUES (?) RETURNING id')
  const findStream = database.prepare('SELECT id FROM streams WHERE name = ?')
  const lastRevision = database.prepare('SELECT max(revision) FROM events WHERE stream = ?')
  const findRevision = database.prepare('SELECT revision FROM events WHERE stream = ? AND id = ?')
  const idsFrom = database.prepare(
    'SELECT id, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?',
  )
  const deleteSome = database.prepare(
    'DELETE FROM events WHERE position IN ' +
      `(SELECT position FROM events WHERE stream = ? AND revision < ? ORDER BY revision LIMIT ${truncatedAtOnceMax})`,
  )
  const passively = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  const heads = createHeads((name) => {
    const id = findStream.get(name)?.[0] as number | undefined
    return id === undefined ? undefined : { id, revision: (lastRevision.get(id)?.[0] as number | null) ?? -1 }
  })
  let head = database.prepare('SELECT coalesce(max(position), 0) FROM events').get()?.[0] as number

  /** Writes all events or none; undefined when one of their ids already stands in the stream. */
  const write = (stream: string, at: Head | undefined, events: readonly SerializedEvent[]): Appended | undefined => {
    // One insert undoes itself, and no id stands in a stream that is new.
    const several = events.length > 1 && at !== undefined
    if (several) database.exec('SAVEPOINT append')
    const id = at?.id ?? (insertStream.get(stream)?.[0] as number)
    let revision = at?.revision ?? -1
    let position = head
    const created = now()
    for (const event of events) {
      revision++
      position++
      if (insertEvent.run(position, id, revision, event.id, event.type, created, event.data, event.meta) === 1) continue
      if (several) database.exec('ROLLBACK TO append; RELEASE append')
      return undefined
    }
    if (several) database.exec('RELEASE append')
    head = position
    heads.set(stream, { id, revision })
    return { status: 'appended', position: toPosition(position), revision, repeated: false }
  }

  /** The first result, when exactly these ids stand from a revision on. */
  const repeated = (at: Head | undefined, from: number, events: readonly SerializedEvent[]): Appended | undefined => {
    if (at === undefined) return undefined
    const standing = idsFrom.all(at.id, from, events.length)
    if (standing.length < events.length || events.some(({ id }, n) => standing[n]?.[0] !== id)) return undefined
    const position = toPosition(standing.at(-1)?.[1] as number)
    return { status: 'appended', position, revision: from + events.length - 1, repeated: true }
  }

  const appendOne = ({ stream, expected, events }: AppendRequest): Appended => {
    const at = heads.get(stream)
    const revision = at?.revision ?? -1
    const wanted = expected === 'none' ? -1 : expected
    const wrong: Appended = { status: 'wrongRevision', actual: revision < 0 ? 'none' : revision }
    if (wanted !== 'any' && wanted !== revision) return repeated(at, wanted + 1, events) ?? wrong
    const written = write(stream, at, events)
    if (written !== undefined) return written
    const first = at === undefined ? undefined : findRevision.get(at.id, events[0]?.id ?? '')?.[0]
    return typeof first === 'number' ? (repeated(at, first, events) ?? wrong) : wrong
  }

  return {
    head: () => head,
    append: (requests) => {
      const before = head
      try {
        return transaction(database, () => requests.map(appendOne))
      } catch (error) {
        head = before
        heads.clear()
        throw error
      }
    },
    truncateSome: (stream, before) => {
      const at = heads.get(stream)
      return at !== undefined && deleteSome.run(at.id, Math.min(before, at.revision)) === truncatedAtOnceMax
    },
    checkpoint: () => {
      const [, pages] = passively.get() ?? []
      if (Number(pages) > walPagesMax) database.emptyWal(readersWaitMs)
    },
    emptyWal: () => database.emptyWal(),
    probe: () => {
      database.exec('DROP TABLE IF EXISTS probe')
      database.exec(`CREATE TABLE probe AS SELECT zeroblob(${appendBytesMax}) AS bytes`)
      database.exec('DROP TABLE probe')
    },
  }
}

/** The heads of the streams written last, loaded when first asked for. */
const createHeads = (load: (stream: string) => Head | undefined) => {
  const heads = keepNewest<string, Head>(headsKeptMax)
  return {
    ...heads,
    get: (stream: string): Head | undefined => {
      const found = heads.get(stream) ?? load(stream)
      if (found !== undefined) heads.set(stream, found)
      return found
    },
  }
}
