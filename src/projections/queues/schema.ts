/** The tables of the queues: what is written once for everybody, and the little that a queue has of its own. */
import { parseClientId, parseGroupId, parseQueueId, parseUserId } from '../../mls/wire/ids.js'
import type { ClientId, GroupId, QueueId, UserId } from '../../mls/wire/ids.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { Row, Schema } from '../../ports/readModels.js'
import type { Membership } from '../../items/membership.js'

export const queuesSchema: Schema = {
  name: 'queues',
  version: 1,
  tables: {
    /** One row per queue; `touchedAt` only on fan-out queues, so that only those are swept. */
    queues: { key: ['queue'], indexes: { byTouched: ['touchedAt'], byUser: ['user'] } },
    /** The direct queue of a client. */
    clients: { key: ['client'], indexes: {} },
    /** Every membership there was, with its window. */
    memberships: { key: ['group', 'leaf', 'from'], indexes: { byQueue: ['queue', 'until'] } },
    /** The membership that lasts at a leaf. */
    seats: { key: ['group', 'leaf'], indexes: {} },
    /** What has come to a group so far. */
    groups: { key: ['group'], indexes: {} },
    /** Application messages. */
    messages: { key: ['group', 'position'], indexes: {} },
    /** Commits, proposals and notices of groups: they do not fall out. */
    events: { key: ['group', 'position'], indexes: {} },
    /** Bytes of each block of 64 messages that are still there. */
    blocks: { key: ['group', 'block'], indexes: {} },
    /** Ids of messages taken, where a store may let one in again. */
    taken: { key: ['group', 'id'], indexes: {} },
    /** Items for one recipient, whose id stands in `address`. */
    own: { key: ['address', 'position', 'seq'], indexes: { byDigest: ['address', 'digest'] } },
  },
}

export type QueueRow = {
  readonly queue: QueueId
  /** From where on it exists. */
  readonly from: Position
  readonly acknowledged: Position
} & (
  | {
      readonly kind: 'fanOut'
      /** ms since 1970: when it was made, or last fetched as far as acknowledgements tell. */
      readonly touchedAt: number
      /** The oldest of its own items that is not acknowledged; 0 when there is none. */
      readonly firstOwn: number
    }
  | { readonly kind: 'direct'; readonly client: ClientId; readonly user: UserId }
)

export type GroupRow = {
  readonly group: GroupId
  /** Of the newest row in `messages` and in `events`; 0 when there was none. */
  readonly lastMessage: number
  readonly lastEvent: number
  /** Revisions ever taken, by that of the newest message: the same in a rebuild after old ones were truncated. */
  readonly count: number
  /** Bytes of the messages that are still there. */
  readonly bytes: number
  /** Where messages fell out: [position of the last one, how many up to it], oldest first, the newest few. */
  readonly marks: readonly Mark[]
  /** Revisions that are no message: one stands there a second time, or without its payload. The newest few, absent while none. */
  readonly holes?: readonly Hole[]
  /** How many of the messages that are still there are for some only; absent while none. */
  readonly targeted?: number
  /** Of those that expired; absent while none. */
  readonly expiredTargeted?: Targeted
}
export type Hole = readonly [position: number, revision: number]
/** `targeted`: of so many. */
export type Mark =
  readonly [position: number, count: number] | readonly [position: number, count: number, targeted: Targeted]
/** Messages for some only: how many, and by leaf (as text) how many that leaf was to see. */
export type Targeted = { readonly count: number; readonly leaves: { readonly [leaf: string]: number } }

export type MessageRow = {
  readonly group: GroupId
  readonly position: number
  readonly revision: number
  readonly epoch: string
  readonly at: number
  readonly bytes: number
  /** The item as JSON, without its position: ready to be sent. */
  readonly item: string
  readonly id?: string
  /** Its sender would have nobody woken by it. */
  readonly silent?: true
  /** Absent: it is for everybody. */
  readonly targets?: readonly number[]
}

/** A targeted message as its block has it: [position, leaves]. */
export type BlockTarget = readonly [position: number, targets: readonly number[]]
export const targetsIn = (block: Row): readonly BlockTarget[] => (block['targets'] ?? []) as unknown as BlockTarget[]

/** Messages per row of `blocks`. */
export const blockMessages = 64

export const readQueueRow = (row: Row): QueueRow => {
  const queue = must(parseQueueId(text(row, 'queue')), 'queue')
  const base = { queue, from: place(row, 'from'), acknowledged: place(row, 'acknowledged') }
  if (row['kind'] === 'fanOut') {
    return { ...base, kind: 'fanOut', touchedAt: number(row, 'touchedAt'), firstOwn: number(row, 'firstOwn') }
  }
  const client = must(parseClientId(text(row, 'client')), 'client')
  return { ...base, kind: 'direct', client, user: must(parseUserId(text(row, 'user')), 'user') }
}

export const membershipRow = ({ fromEpoch, ...membership }: Membership): Row => ({
  ...membership,
  fromEpoch: fromEpoch.toString(),
})

export const readMembership = (row: Row): Membership => ({
  queue: must(parseQueueId(text(row, 'queue')), 'queue'),
  group: must(parseGroupId(text(row, 'group')), 'group'),
  leaf: number(row, 'leaf'),
  from: place(row, 'from'),
  fromEpoch: BigInt(text(row, 'fromEpoch')),
  until: place(row, 'until'),
})

export const emptyGroup = (group: GroupId): GroupRow => ({
  group,
  lastMessage: 0,
  lastEvent: 0,
  count: 0,
  bytes: 0,
  marks: [],
})

export const readGroupRow = (row: Row): GroupRow => row as unknown as GroupRow
export const readMessageRow = (row: Row): MessageRow => row as unknown as MessageRow

export const text = (row: Row, field: string): string => {
  const value = row[field]
  if (typeof value !== 'string') throw new Error(`a row of the queues without text in ${field}`)
  return value
}
export const number = (row: Row, field: string): number => {
  const value = row[field]
  if (typeof value !== 'number') throw new Error(`a row of the queues without a number in ${field}`)
  return value
}
const place = (row: Row, field: string): Position => toPosition(number(row, field))

const must = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`a row of the queues without a ${what}`)
  return value
}
