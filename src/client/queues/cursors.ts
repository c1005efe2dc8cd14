/** How far each queue has been read, saved with what the items led to. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Saver } from '../engine/saver.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { Cursor } from '../api/caller.js'

export type Cursors = {
  readonly get: (queue: QueueId) => Cursor | undefined
  readonly set: (queue: QueueId, cursor: Cursor) => void
  /** To go on from what was acknowledged. */
  readonly forget: (queue: QueueId) => void
}

const key = 'cursors'

export const loadCursors = async (store: Store, saver: Saver): Promise<Cursors> => {
  const bytes = await store.get(key)
  const cursors = new Map<string, Cursor>(
    Object.entries(bytes === undefined ? {} : (decodeRecord(bytes) as Record<string, string>)),
  )
  const save = (): void => {
    saver.put(key, () => encodeRecord(Object.fromEntries(cursors)))
  }
  return {
    get: (queue) => cursors.get(queue),
    set: (queue, cursor) => {
      cursors.set(queue, cursor)
      save()
    },
    forget: (queue) => {
      cursors.delete(queue)
      save()
    },
  }
}
