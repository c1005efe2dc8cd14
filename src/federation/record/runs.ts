/** Messages that follow on each other are recorded together, so that each is not waited for by itself. Pure. */
import { appendBytesMax } from '../../ports/eventStore.js'
import type { Item } from '../item.js'

/** Others have a turn between two runs. */
const messagesMax = 100
const bytesMax = appendBytesMax / 2

/** From `at` on: one item, or several messages. */
export const runFrom = (items: readonly Item[], at: number): readonly Item[] => {
  const first = items[at]
  if (first?.kind !== 'message') return first === undefined ? [] : [first]
  let bytes = first.bytes.length
  let end = at + 1
  for (; end < items.length && end - at < messagesMax; end++) {
    const item = items[end]
    bytes += (item?.bytes.length ?? 0) + besideBytes
    if (item?.kind !== 'message' || item.sequence !== first.sequence + end - at || bytes > bytesMax) break
  }
  return items.slice(at, end)
}

/** About what an event takes beside its message, in base64 as all of it will be. */
const besideBytes = 700
