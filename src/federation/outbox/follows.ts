/** Rows of who follows a group, and how an item comes to the end of what a domain is to get. */
import type { Placed } from '../../items/placed.js'
import type { Rows } from '../../projections/projection.js'
import type { ItemKind } from '../wire/sequencedItem.js'
import { after, numbersAfter } from './numbering.js'
import type { Numbers } from './numbering.js'
import { followOf, followRow, itemOf, itemRow, peerOf } from './schema.js'
import type { FollowRow, ItemRow } from './schema.js'

/** What of an event is sent. */
export type Sent = Pick<ItemRow, 'bytes' | 'digest' | 'welcome'> & { readonly kind: Exclude<ItemKind, 'gap'> }
export type Of = { readonly peer: string; readonly group: string }

/** As it is, or as it begins with the event at `revision` of the group's stream. */
export const followIn = async (rows: Rows, peer: string, group: string, revision: number): Promise<FollowRow> => {
  const row = await rows.get('follows', [peer, group])
  if (row !== undefined) return followOf(row)
  const start = { sequence: 0, groupRevision: revision - 1, messagesRevision: -1 }
  return { peer, group, leaves: 0, anchored: false, anchor: start, next: start }
}

export const putFollow = (rows: Rows, follow: FollowRow): void => {
  rows.put('follows', followRow(follow))
}

/** Behind whatever gap stands at the next number already: in a rebuild it may be known before what comes after it. */
export const addItem = async (rows: Rows, { peer, group }: Of, placed: Placed, sent: Sent): Promise<void> => {
  const { revision, position, id, at } = placed
  const follow = await followIn(rows, peer, group, revision)
  let { next } = follow
  for (;;) {
    const waiting = await rows.get('items', [peer, group, next.sequence])
    if (waiting === undefined) break
    next = after(itemOf(waiting))
  }
  const numbers = numbersAfter(next, { kind: sent.kind, revision })
  await putItem(rows, { peer, group, ...sent, revision, position, event: id, at, ...numbers })
  putFollow(rows, { ...follow, next: after(numbers) })
}

const putItem = async (rows: Rows, item: ItemRow): Promise<void> => {
  rows.put('items', itemRow(item))
  if (item.kind === 'message') await countMessages(rows, item.peer, 1, item.bytes)
}

export const removeItem = async (rows: Rows, item: ItemRow): Promise<void> => {
  rows.remove('items', [item.peer, item.group, item.sequence])
  if (item.kind === 'message') await countMessages(rows, item.peer, -1, -item.bytes)
}

/** The same item under other numbers. */
export const moveItem = async (rows: Rows, item: ItemRow, numbers: Numbers): Promise<void> => {
  await putItem(rows, { ...item, ...numbers })
}

const countMessages = async (rows: Rows, peer: string, messages: number, bytes: number): Promise<void> => {
  const row = await rows.get('peers', [peer])
  const known = row === undefined ? { messages: 0, bytes: 0 } : peerOf(row)
  rows.put('peers', { peer, messages: known.messages + messages, bytes: known.bytes + bytes })
}
