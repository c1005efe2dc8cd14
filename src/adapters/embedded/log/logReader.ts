/** Reading the log's file beside its writer: pages in short transactions, never an iterator held open. Synchronous. */
import { LogDamaged, StoreUnavailable, type StoredEvent } from '../../../ports/eventStore.js'
import { toPosition, type Position } from '../../../ports/position.js'
import { parseStored } from '../../serializedEvent.js'
import { failureOf, openDatabase, type Statement } from '../database.js'

export type LogReader = {
  readonly readAfter: (after: Position, limit: number) => readonly StoredEvent[]
  readonly readStream: (stream: string, from: number, limit: number) => readonly StoredEvent[]
  readonly find: (stream: string, id: string) => StoredEvent | undefined
  readonly last: (stream: string) => StoredEvent | undefined
  readonly head: () => Position
  readonly newest: () => StoredEvent | undefined
  readonly close: () => void
}

const selectEvents =
  'SELECT e.position, s.name, e.revision, e.id, e.type, e.data, e.meta FROM events e JOIN streams s ON s.id = e.stream'

/** The file must exist, with its tables. Reads throw StoreUnavailable when the disk fails, LogDamaged when it is not to be mended by waiting. */
export const openLogReader = (file: string): LogReader => {
  const database = openDatabase(file, { durability: 'full', readOnly: true })
  const after = database.prepare(`${selectEvents} WHERE e.position > ? ORDER BY e.position LIMIT ?`)
  const ofStream = database.prepare(`${selectEvents} WHERE s.name = ? AND e.revision >= ? ORDER BY e.revision LIMIT ?`)
  const withId = database.prepare(`${selectEvents} WHERE s.name = ? AND e.id = ?`)
  const lastOf = database.prepare(`${selectEvents} WHERE s.name = ? ORDER BY e.revision DESC LIMIT 1`)
  const newest = database.prepare(`${selectEvents} ORDER BY e.position DESC LIMIT 1`)
  const head = database.prepare('SELECT coalesce(max(position), 0) FROM events')
  return {
    readAfter: (position, limit) => read(after, position, limit),
    readStream: (stream, from, limit) => read(ofStream, stream, from, limit),
    find: (stream, id) => read(withId, stream, id)[0],
    last: (stream) => read(lastOf, stream)[0],
    head: () => toPosition(head.get()?.[0] as number),
    newest: () => read(newest)[0],
    close: database.close,
  }
}

type EventRow = readonly [number, unknown, number, unknown, unknown, unknown, unknown]

const read = (statement: Statement, ...values: readonly (string | number)[]): readonly StoredEvent[] => {
  try {
    return (statement.all(...values) as readonly EventRow[]).map(toEvent)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    if (failureOf(cause) === 'busy') throw new StoreUnavailable(`the log cannot be read: ${why}`, { cause })
    throw new LogDamaged(`the log cannot be read: ${why}`, { cause })
  }
}

const toEvent = ([position, stream, revision, id, type, data, meta]: EventRow): StoredEvent =>
  parseStored({ position: toPosition(position), stream: String(stream), revision }, { id, type, data, meta })
