/** What falls out of a peer's outbox: application messages alone, oldest first, a run of them as one gap. */
import type { PeerOutboxEvent } from '../../events/peerOutbox.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { PeerFacts } from './peerFacts.js'
import type { PeerMemory } from './peerMemory.js'
import type { PeerRow } from './peerRows.js'
import type { ItemRow } from './schema.js'
import type { OutboxView } from './view.js'

/** Of application messages that one peer has not got. */
export type QueueLimits = {
  readonly peerQueueMessagesMax: number
  readonly peerQueueBytesMax: number
  readonly peerQueueAgeMsMax: number
}

export type Fallen = Extract<PeerOutboxEvent, { type: 'PeerGap' }>['data']

export type FallingDependencies = {
  readonly view: Pick<OutboxView, 'peer' | 'oldest' | 'items'>
  readonly facts: Pick<PeerFacts, 'letFall'>
  readonly clock: Pick<Clock, 'now'>
  readonly limits: QueueLimits
}

const runMax = 500
const nothing: Pick<PeerRow, 'messages' | 'bytes' | 'droppedAt'> = { messages: 0, bytes: 0, droppedAt: null }

/** Whether something fell out: then more may. */
export const letFall = async (
  { view, facts, clock, limits }: FallingDependencies,
  peer: PeerMemory,
  row: PeerRow | undefined,
): Promise<boolean> => {
  const now = clock.now()
  const gap = await fallingOut(view, peer.domain, limits, now)
  if (gap === undefined) {
    peer.lookedAt = now
    peer.droppedAt = row?.droppedAt ?? -Infinity
    return false
  }
  // What the peer is known to have is confirmed first: a gap stands only for what it has not got.
  const heard = peer.heard.get(gap.group)
  if (heard !== undefined && heard.sequence > gap.fromSequence) {
    peer.confirmedAt = -Infinity
    return false
  }
  await facts.letFall(peer.domain, gap)
  return true
}

/** Undefined where all fits. More may fall after it: it is to be asked again once this was recorded. */
export const fallingOut = async (
  view: FallingDependencies['view'],
  peer: Domain,
  limits: QueueLimits,
  now: number,
): Promise<Fallen | undefined> => {
  const oldest = await view.oldest(peer)
  if (oldest === undefined) return undefined
  const { messages, bytes, droppedAt } = (await view.peer(peer)) ?? nothing
  let excess = beyond(messages, limits.peerQueueMessagesMax)
  let excessBytes = beyond(bytes, limits.peerQueueBytesMax)
  const isDue = ({ at }: ItemRow): boolean =>
    excess > 0 || excessBytes > 0 || now - at > limits.peerQueueAgeMsMax || at <= (droppedAt ?? -Infinity)
  let last: ItemRow | undefined
  for (const row of await view.items(peer, oldest.group, oldest.sequence, runMax)) {
    if (row.kind !== 'message' || !isDue(row)) break
    last = row
    excess--
    excessBytes -= row.bytes
  }
  if (last === undefined) return undefined
  const { group, sequence: fromSequence } = oldest
  const toSequence = last.through
  const count = toSequence - fromSequence + 1
  return { group: group as Fallen['group'], fromSequence, toSequence, count, messagesRevision: last.revision }
}

/**
 * What goes makes a little more room than is needed. Else, once all is full, each message would push out another one, as a fact of its
 * own, and whoever is back would be sent nothing as long as there is something to push out.
 */
const beyond = (has: number, max: number): number => (has > max ? has - max + Math.floor(max / 32) : 0)
