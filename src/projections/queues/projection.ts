/** The queues' read model: each item is written once, whoever is to read it; a queue itself is a handful of small rows. */
import type { ClientId, GroupId, QueueId, UserId } from '../../mls/ids.js'
import type { Position } from '../../ports/position.js'
import type { KeyPart } from '../../ports/readModels.js'
import type { Placed, Projection, Rows } from '../projection.js'
import { expireMessages } from './expiry.js'
import type { AddressedItem } from './item.js'
import { itemsOf } from './itemsOf.js'
import { joined, movedTo, seatChangesOf } from './membership.js'
import type { Membership, SeatChange } from './membership.js'
import type { OpenReference } from './references.js'
import {
  blockMessages,
  emptyGroup,
  membershipRow,
  number,
  queuesSchema,
  readGroupRow,
  readMembership,
  readQueueRow,
} from './schema.js'
import type { GroupRow, QueueRow } from './schema.js'

export type QueuesOptions = {
  readonly open: OpenReference
  /** The store may let the same message in twice under one event id (EventStoreDB): the second is not shown. */
  readonly twins: boolean
}

export const queuesProjection = ({ open, twins }: QueuesOptions): Projection => ({
  schema: queuesSchema,
  touches: (placed) => touches(placed, twins),
  project: async (placed, rows) => {
    if (twins && (await isTwin(placed, rows))) return
    await lifeOfQueues(placed, rows)
    for (const change of seatChangesOf(placed, open)) await changeSeat(change, rows)
    let seq = 0
    for (const item of itemsOf(placed, open)) await addItem(item, placed, seq++, rows, twins)
    if (placed.event.type === 'MessagesExpired') await expireMessages(placed.event.data, rows)
  },
})

type Touched = { readonly table: string; readonly key: readonly KeyPart[] }

/** The rows that nearly every event of its kind reads, so that a batch fetches them together. */
const touches = ({ event, revision, id }: Placed, twins: boolean): readonly Touched[] => {
  if (event.type === 'MessageAccepted') {
    const { group } = event.data
    const block = { table: 'blocks', key: [group, Math.floor(revision / blockMessages)] }
    return [{ table: 'groups', key: [group] }, block, ...(twins ? [{ table: 'taken', key: [group, id] }] : [])]
  }
  if (event.type === 'CommitAccepted') {
    const { group, removed, updated, added } = event.data
    const seats = [...removed, ...updated, ...added].map((at) => ({ table: 'seats', key: [group, at.leafIndex] }))
    return [{ table: 'groups', key: [group] }, ...seats]
  }
  if (event.type !== 'QueuesAcknowledged') return []
  return Object.keys(event.data.queues).map((queue) => ({ table: 'queues', key: [queue] }))
}

const isTwin = async ({ event, id }: Placed, rows: Rows): Promise<boolean> => {
  if (event.type !== 'MessageAccepted') return false
  const { group } = event.data
  if ((await rows.get('taken', [group, id])) !== undefined) return true
  rows.put('taken', { group, id })
  return false
}

const lifeOfQueues = async ({ event, position, at }: Placed, rows: Rows): Promise<void> => {
  if (event.type === 'QueueCreated') {
    const { queue } = event.data
    rows.put('queues', { queue, kind: 'fanOut', from: position, acknowledged: 0, touchedAt: at, firstOwn: 0 })
  } else if (event.type === 'QueueDeleted') {
    rows.remove('queues', [event.data.queue])
    await dropOwn(event.data.queue, undefined, rows)
  } else if (event.type === 'UserRegistered') {
    beginDirect(event.data.first, event.data.user, position, rows)
  } else if (event.type === 'ClientAdded') {
    beginDirect(event.data, event.data.user, position, rows)
  } else if (event.type === 'ClientRemoved') {
    await endDirect(event.data.client, event.data.directQueue, rows)
  } else if (event.type === 'UserDeleted') {
    const { clients, directQueues, user } = event.data
    for (const [index, client] of clients.entries()) await endDirect(client, directQueues[index], rows)
    await dropOwn(user, undefined, rows)
  } else if (event.type === 'QueuesAcknowledged') {
    const { queues, touchedAt = at } = event.data
    for (const [queue, upTo] of Object.entries(queues)) await acknowledge(queue, upTo, touchedAt, rows)
  }
}

type Direct = { readonly client: ClientId; readonly directQueue: QueueId }

const beginDirect = ({ client, directQueue: queue }: Direct, user: UserId, from: Position, rows: Rows): void => {
  rows.put('queues', { queue, kind: 'direct', client, user, from, acknowledged: 0 })
  rows.put('clients', { client, user, queue })
}

const endDirect = async (client: string, queue: string | undefined, rows: Rows): Promise<void> => {
  if (queue !== undefined) rows.remove('queues', [queue])
  rows.remove('clients', [client])
  await dropOwn(client, undefined, rows)
}

/** What only this queue reads goes with its acknowledgement; what all clients of a user read, when the last has it. */
const acknowledge = async (queue: string, upTo: number, at: number, rows: Rows): Promise<void> => {
  const stored = await rows.get('queues', [queue])
  if (stored === undefined) return
  const row = readQueueRow(stored)
  const acknowledged = Math.max(row.acknowledged, upTo) as Position
  if (row.kind === 'direct') {
    rows.put('queues', { ...row, acknowledged })
    if (acknowledged === row.acknowledged) return
    await dropOwn(row.client, acknowledged, rows)
    await dropSeenByAll(row, rows)
    return
  }
  const done = row.firstOwn !== 0 && row.firstOwn <= acknowledged
  const firstOwn = done ? await dropOwn(queue, acknowledged, rows) : row.firstOwn
  rows.put('queues', { ...row, acknowledged, touchedAt: Math.max(row.touchedAt, at), firstOwn })
}

const dropSeenByAll = async (direct: Extract<QueueRow, { kind: 'direct' }>, rows: Rows): Promise<void> => {
  const siblings = await rows.range({ table: 'queues', index: 'byUser', prefix: [direct.user], limit: 1_000 })
  const seen = Math.min(...siblings.map((row) => readQueueRow(row).acknowledged))
  await dropOwn(direct.user, seen, rows)
}

const pageRows = 500

/** Drops an address's items up to a position (default: all); answers the position of the oldest one left, or 0. */
const dropOwn = async (address: string, upTo: number | undefined, rows: Rows): Promise<number> => {
  const bound = upTo === undefined ? {} : { upTo: [upTo] }
  for (;;) {
    const page = await rows.range({ table: 'own', index: 'key', prefix: [address], ...bound, limit: pageRows })
    for (const row of page) rows.remove('own', [address, number(row, 'position'), number(row, 'seq')])
    if (page.length < pageRows) break
  }
  const [oldest] = await rows.range({ table: 'own', index: 'key', prefix: [address], limit: 1 })
  return oldest === undefined ? 0 : number(oldest, 'position')
}

const changeSeat = async (change: SeatChange, rows: Rows): Promise<void> => {
  const { group, leaf } = change
  const seat = await rows.get('seats', [group, leaf])
  const current = seat === undefined ? undefined : readMembership(seat)
  switch (change.change) {
    case 'joins':
      sit(joined(change), rows)
      return
    case 'leaves':
      if (current !== undefined) await stand(current, change.until, rows)
      return
    case 'stays':
      if (current?.queue === change.queue) return
      if (current !== undefined) await stand(current, change.at, rows)
      if (change.queue !== undefined) sit(movedTo(change, change.queue), rows)
  }
}

const sit = (membership: Membership, rows: Rows): void => {
  rows.put('seats', membershipRow(membership))
  rows.put('memberships', membershipRow(membership))
}

/** A membership that has ended stays for as long as its queue does: there may be messages in it to collect. */
const stand = async (membership: Membership, until: Position, rows: Rows): Promise<void> => {
  const { group, leaf, from, queue } = membership
  rows.remove('seats', [group, leaf])
  if ((await rows.get('queues', [queue])) === undefined) rows.remove('memberships', [group, leaf, from])
  else rows.put('memberships', membershipRow({ ...membership, until }))
}

const addItem = async (
  addressed: AddressedItem,
  placed: Placed,
  seq: number,
  rows: Rows,
  twins: boolean,
): Promise<void> => {
  const { audience } = addressed
  if ('address' in audience) {
    await addOwn(audience.address, addressed, placed.position, seq, rows)
    return
  }
  const stored = await rows.get('groups', [audience.group])
  const group = stored === undefined ? emptyGroup(audience.group) : readGroupRow(stored)
  const { event, position } = placed
  if (event.type === 'MessageAccepted') await addMessage(group, placed, addressed, rows, twins)
  else {
    rows.put('groups', { ...group, lastEvent: position })
    rows.put('events', { group: group.group, position, item: JSON.stringify(addressed.item) })
  }
}

const addOwn = async (
  address: string,
  { item, digest }: AddressedItem,
  position: Position,
  seq: number,
  rows: Rows,
): Promise<void> => {
  const found = digest === undefined ? {} : { digest }
  rows.put('own', { address, position, seq, item: JSON.stringify(item), ...found })
  const stored = await rows.get('queues', [address])
  if (stored !== undefined && stored['firstOwn'] === 0) rows.put('queues', { ...stored, firstOwn: position })
}

/** `twins`: the id stays with the row, so that both go together. */
const addMessage = async (
  group: GroupRow,
  { position, revision, at, id }: Placed,
  { item, epoch = 0n }: AddressedItem,
  rows: Rows,
  twins: boolean,
): Promise<void> => {
  const text = JSON.stringify(item)
  const bytes = text.length
  const twin = twins ? { id } : {}
  rows.put('messages', { group: group.group, position, revision, epoch: String(epoch), at, bytes, item: text, ...twin })
  rows.put('groups', { ...group, lastMessage: position, count: revision + 1, bytes: group.bytes + bytes })
  await addToBlock(group.group, revision, bytes, rows)
}

const addToBlock = async (group: GroupId, revision: number, bytes: number, rows: Rows): Promise<void> => {
  const block = Math.floor(revision / blockMessages)
  const stored = await rows.get('blocks', [group, block])
  rows.put('blocks', { group, block, bytes: bytes + (stored === undefined ? 0 : number(stored, 'bytes')) })
}
