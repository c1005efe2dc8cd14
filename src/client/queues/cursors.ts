/** How far each queue has been read, and in which log, saved with what the items led to. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Saver } from '../engine/saver.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { Cursor } from '../api/caller.js'
import { logOf, placeIn } from '../api/cursor.js'

export type Cursors = {
  /** Undefined: from what was acknowledged. */
  readonly get: (queue: QueueId) => Cursor | undefined
  readonly set: (queue: QueueId, cursor: Cursor) => void
  /** The log that the client's states and cursors are of; undefined until an answer named one. */
  readonly log: () => string | undefined
  /** Another log: all of its queues are read from what was acknowledged there. */
  readonly beginLog: (log: string) => void
  /** This cursor is of a log that is gone, whichever the new one is. */
  readonly expire: (queue: QueueId) => void
  /** Whether more was acknowledged than this store ever read, which happens to an older copy of it alone. */
  readonly isBehind: (queue: QueueId, acknowledged: Cursor) => boolean
  /** What was acknowledged beyond the cursor is known now. */
  readonly forgive: (queue: QueueId, acknowledged: Cursor) => void
}

const key = 'cursors'
/** Stands where a cursor was that went with its log. */
const expired = ''
const logName = 'log'
const forgiven = (queue: QueueId): string => `forgiven ${queue}`

export const loadCursors = async (store: Store, saver: Saver): Promise<Cursors> => {
  const bytes = await store.get(key)
  const saved = bytes === undefined ? {} : (decodeRecord(bytes) as Record<string, string>)
  const values = new Map<string, string>(Object.entries(saved))
  const put = (name: string, value: string): void => {
    values.set(name, value)
    saver.put(key, () => encodeRecord(Object.fromEntries(values)))
  }
  const known = (name: string): Cursor | undefined => {
    const value = values.get(name)
    return value === expired ? undefined : value
  }
  return {
    get: known,
    set: put,
    log: () => known(logName) ?? logOfFirst(values),
    beginLog: (log) => {
      for (const name of values.keys()) if (name !== logName) values.set(name, expired)
      put(logName, log)
    },
    expire: (queue) => {
      put(queue, expired)
    },
    isBehind: (queue, acknowledged) => {
      if (values.get(queue) === expired) return false
      const read = Math.max(placeOf(values.get(queue)), placeOf(values.get(forgiven(queue))))
      return placeIn(acknowledged) > read
    },
    forgive: (queue, acknowledged) => {
      put(forgiven(queue), acknowledged)
    },
  }
}

const placeOf = (cursor: Cursor | undefined): number =>
  cursor === undefined || cursor === expired ? 0 : placeIn(cursor)

/** Stores of before the log was kept have it in their cursors. */
const logOfFirst = (values: ReadonlyMap<string, string>): string | undefined => {
  const cursor = [...values.values()].find((value) => value.includes('.'))
  return cursor === undefined ? undefined : logOf(cursor)
}
