/** What another server says it has is heard at once, and confirmed, in the log, once a second. */
import type { Clock } from '../../ports/clock.js'
import type { PeerFacts } from './peerFacts.js'
import type { PeerMemory } from './peerMemory.js'
import type { FollowRow } from './schema.js'

const confirmEveryMs = 1_000

export type ConfirmingDependencies = {
  readonly facts: Pick<PeerFacts, 'confirm'>
  readonly clock: Pick<Clock, 'now'>
}

/** At most once a second, unless it is the first word about a group. */
export const confirmHeard = async (
  { facts, clock }: ConfirmingDependencies,
  peer: PeerMemory,
  follows: readonly FollowRow[],
): Promise<void> => {
  const first = follows.filter(({ anchored }) => !anchored).map(({ group, anchor }) => [group, anchor] as const)
  if (first.length > 0) await facts.confirm(peer.domain, Object.fromEntries(first))
  // A clock that leaps back keeps nothing from being confirmed.
  if (peer.heard.size === 0 || Math.abs(clock.now() - peer.confirmedAt) < confirmEveryMs) return
  const groups = follows.flatMap(({ group, anchor }) => {
    const heard = peer.heard.get(group)
    return heard !== undefined && heard.sequence > anchor.sequence ? [[group, heard] as const] : []
  })
  peer.confirmedAt = clock.now()
  if (groups.length > 0) await facts.confirm(peer.domain, Object.fromEntries(groups))
}

/** What was heard and is confirmed is known by the rows. */
export const forgetConfirmed = ({ heard }: PeerMemory, follows: readonly FollowRow[]): void => {
  const confirmed = new Map(follows.map(({ group, anchor }) => [group, anchor.sequence] as const))
  for (const [group, { sequence }] of heard) if (sequence <= (confirmed.get(group) ?? Infinity)) heard.delete(group)
}
