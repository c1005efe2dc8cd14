/** Who sees what of a group: memberships, how events change them, and what one shows (docs/rules.md, What a queue shows). */
import type { AnyEvent } from '../events/anyEvent.js'
import type { GroupId, QueueId } from '../mls/wire/ids.js'
import { toPosition } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import type { Placed } from './placed.js'
import type { OpenReference } from './references.js'

export type Membership = {
  readonly queue: QueueId
  readonly group: GroupId
  readonly leaf: number
  /** The first position it shows. */
  readonly from: Position
  /** Messages of an earlier epoch are not shown. */
  readonly fromEpoch: bigint
  /** The last position it shows; `forever` while it lasts. */
  readonly until: Position
}

/** Beyond every position. */
export const forever = toPosition(Number.MAX_SAFE_INTEGER)

/** What an event, which stands at `at`, does to the seat at a leaf; in the order in which it does it. */
export type SeatChange = { readonly group: GroupId; readonly leaf: number; readonly at: Position } &
  /** `epoch`: the one that the removing Commit began; who joined with that epoch came after the one who leaves. */
  (
    | { readonly change: 'leaves'; readonly until: Position; readonly epoch?: bigint }
    | { readonly change: 'joins'; readonly queue: QueueId; readonly from: Position; readonly fromEpoch: bigint }
    /** The same member goes on, at this queue: it may be another one than before, or one that is not ours. */
    | { readonly change: 'stays'; readonly queue: QueueId | undefined }
  )

export const seatChangesOf = ({ event, position }: Placed, open: OpenReference): readonly SeatChange[] => {
  if (event.type === 'CommitAccepted') return seatChangesOfCommit(event.data, position, open)
  if (event.type === 'GroupCreated') {
    const { group, creator } = event.data
    return joins({ group, leaf: creator.leafIndex, at: position }, open(creator.queue), position, 0n)
  }
  if (event.type === 'GroupFollowed') {
    const { group, epoch, leaves } = event.data
    const fromEpoch = BigInt(epoch)
    return leaves.flatMap(({ leafIndex: leaf, queue }) =>
      joins({ group, leaf, at: position }, open(queue), position, fromEpoch),
    )
  }
  if (event.type !== 'RemovalRequired') return []
  const { group, leaves } = event.data
  return leaves.map(({ leafIndex }) => {
    const seat = { group, leaf: leafIndex, at: position }
    return { ...seat, change: 'leaves', until: before(position) }
  })
}

const seatChangesOfCommit = (
  commit: Extract<AnyEvent, { type: 'CommitAccepted' }>['data'],
  position: Position,
  open: OpenReference,
): readonly SeatChange[] => {
  const { group } = commit
  const own = commit.external ? commit.committer.leafIndex : undefined
  const leaving = commit.removed.map(({ leafIndex }): SeatChange => ({
    group,
    leaf: leafIndex,
    at: position,
    change: 'leaves',
    until: position,
    epoch: BigInt(commit.epoch),
  }))
  const staying = commit.updated.map(({ leafIndex, queue }): SeatChange => ({
    group,
    leaf: leafIndex,
    change: 'stays',
    queue: open(queue),
    at: position,
  }))
  const joining = commit.added.flatMap(({ leafIndex, queue }) => {
    const from = leafIndex === own ? position : after(position)
    return joins({ group, leaf: leafIndex, at: position }, open(queue), from, BigInt(commit.epoch))
  })
  return [...leaving, ...staying, ...joining]
}

const joins = (
  seat: { readonly group: GroupId; readonly leaf: number; readonly at: Position },
  queue: QueueId | undefined,
  from: Position,
  fromEpoch: bigint,
): readonly SeatChange[] => (queue === undefined ? [] : [{ ...seat, change: 'joins', queue, from, fromEpoch }])

/**
 * The membership that begins at a queue the member moved to. Its epochs are not known from the event alone, and late
 * messages of epochs it was in must still reach it, so it starts from the first: what it cannot read was encrypted
 * before it came.
 */
export const movedTo = (change: Extract<SeatChange, { change: 'stays' }>, queue: QueueId): Membership => {
  const { group, leaf, at } = change
  return { queue, group, leaf, from: after(at), fromEpoch: 0n, until: forever }
}

export const joined = (change: Extract<SeatChange, { change: 'joins' }>): Membership => {
  const { queue, group, leaf, from, fromEpoch } = change
  return { queue, group, leaf, from, fromEpoch, until: forever }
}

/** `epoch`: of an application message; everything else is shown by position alone. `targets`: of one that is for some only. */
export const shows = (
  membership: Membership,
  position: Position,
  epoch: bigint | undefined,
  targets?: readonly number[],
): boolean =>
  membership.from <= position &&
  position <= membership.until &&
  (epoch === undefined || epoch >= membership.fromEpoch) &&
  (targets === undefined || targets.includes(membership.leaf))

const after = (position: Position): Position => toPosition(position + 1)
export const before = (position: Position): Position => toPosition(position - 1)
