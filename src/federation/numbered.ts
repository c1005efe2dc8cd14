/** Items of one request and their numbers: only the first is said, in a header, and each follows on the one before it. Pure. */
import type { Refusal, Result } from '../mls/bytes/refusal.js'
import type { Item } from './item.js'
import { decodeBody, encodeBody } from './wire/body.js'
import { gapItem } from './wire/itemContents.js'
import { sequencedItems } from './wire/sequencedItem.js'

/** Items that follow on each other, at least one: only the first one's number is to be said beside the body. */
export const encodeItems = (items: readonly Item[]): Uint8Array => {
  items.forEach(({ sequence }, at) => {
    const before = items[at - 1]
    const expected = before === undefined ? sequence : Number(throughOf(before)) + 1
    if (sequence !== expected) throw new RangeError(`item ${sequence} stands where ${expected} should`)
  })
  const room = items.reduce((sum, { bytes }) => sum + bytes.length + itemRoom, 0)
  const sent = items.map(({ kind, events, bytes }) => ({ kind, events, content: bytes }))
  return encodeBody(sequencedItems, sent, room)
}

/** About what an item takes beside its content. */
const itemRoom = 64

/** Of contents only gaps are read, as they stand for several numbers. */
export const decodeItems = (first: number, body: Uint8Array): Result<readonly Item[]> => {
  const sent = decodeBody(sequencedItems, body)
  if (!sent.ok) return sent
  const items: Item[] = []
  let sequence = first
  for (const { kind, events, content } of sent.value) {
    const item = { sequence, kind, bytes: content, events }
    const through = throughOf(item)
    if (typeof through !== 'number') return { ok: false, refusal: through }
    if (!Number.isSafeInteger(through + 1)) return { ok: false, refusal: { code: 'malformed', reason: 'sequence' } }
    items.push(item)
    sequence = through + 1
  }
  return { ok: true, value: items }
}

/** The last number that an item stands for; why it cannot be told, where it is a gap of another form. */
export const throughOf = ({ kind, bytes, sequence }: Pick<Item, 'kind' | 'bytes' | 'sequence'>): number | Refusal => {
  if (kind !== 'gap') return sequence
  const gap = decodeBody(gapItem, bytes)
  return gap.ok ? sequence + gap.value.count - 1 : gap.refusal
}
