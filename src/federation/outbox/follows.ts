/** Rows of who follows a group, and how an item comes to the end of what a domain is to get. */
import type { Placed } from '../../items/placed.js'
import type { Rows } from '../../projections/projection.js'
import type { ItemKind } from '../wire/sequencedItem.js'
import { after, numbersAfter } from './numbering.js'
import type { Numbers } from './numbering.js'
import { changePeer } from './peerRows.js'
import { followOf, followRow, isBehind, itemOf, itemRow } from './schema.js'
import type { FollowRow, ItemRow } from './schema.js'

/** What of an event is sent. */
export type Sent = Pick<ItemRow, 'bytes' | 'digest' | 'welcome'> & { readonly kind: Exclude<ItemKind, 'gap'> }
export type Of = { readonly peer: string; readonly group: string }

/** As it is, or as it begins with the event at `revision` of the group's stream. */
export const followIn = async (rows: Rows, peer: string, group: string, revision: number): Promise<FollowRow> => {
  const row = await rows.get('follows', [peer, group])
  if (row !== undefined) return followOf(row)
  const start = { sequence: 0, groupRevision: revision - 1, messagesRevision: -1 }
  return { peer, group, leaves: 0, anchored: false, anchor: start, next: start, marked: -1 }
}

export const putFollow = async (rows: Rows, follow: FollowRow): Promise<void> => {
  const { peer, group } = follow
  const before = await rows.get('follows', [peer, group])
  rows.put('follows', followRow(follow))
  const change = Number(isBehind(follow)) - Number(before !== undefined && isBehind(followOf(before)))
  if (change !== 0) await changePeer(rows, peer, ({ behind }) => ({ behind: behind + change }))
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
  // Until now it had all there was.
  if (!isBehind(follow)) await changePeer(rows, peer, ({ items, movedAt }) => ({ movedAt: items === 1 ? at : movedAt }))
  await putFollow(rows, { ...follow, next: after(numbers) })
}

export const putItem = async (rows: Rows, item: ItemRow): Promise<void> => {
  rows.put('items', itemRow(item))
  await count(rows, item, 1)
}

export const removeItem = async (rows: Rows, item: ItemRow): Promise<void> => {
  rows.remove('items', [item.peer, item.group, item.sequence])
  await count(rows, item, -1)
}

/** The same item under other numbers. */
export const moveItem = async (rows: Rows, item: ItemRow, numbers: Numbers): Promise<void> => {
  await putItem(rows, { ...item, ...numbers })
}

const count = (rows: Rows, { peer, kind, bytes: size }: ItemRow, one: 1 | -1): Promise<void> =>
  changePeer(rows, peer, ({ items, itemBytes, messages, bytes }) => ({
    items: items + one,
    itemBytes: itemBytes + one * size,
    ...(kind === 'message' ? { messages: messages + one, bytes: bytes + one * size } : {}),
  }))
