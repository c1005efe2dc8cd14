/** Letting old messages go: an event first, by which projections drop their rows; then the stream is truncated. */
import type { GroupEvent } from '../../events/group.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import type { Group } from './fold/state.js'

export type ExpireMessages = {
  readonly upToRevision: number
  /** Where the last of them stands, for queues to count the gap by. */
  readonly upToPosition?: number | undefined
  /** Those among them that were for some only. */
  readonly targeted?: readonly TargetedMessage[]
}
export type TargetedMessage = { readonly revision: number; readonly targets: readonly number[] }

export const expireMessages: Decider<ExpireMessages, Group, GroupEvent> = (due) => (state) => {
  if (state.status === 'none' || state.status === 'reserved' || state.hub !== undefined) return accept()
  return due.upToRevision <= state.expiredUpTo ? accept() : accept(expired(state.group, due, state.expiredUpTo))
}

/** The fact, where those up to `before` were gone already. */
export const expired = (
  group: GroupId,
  { upToRevision, upToPosition, targeted = [] }: ExpireMessages,
  before: number,
): Extract<GroupEvent, { type: 'MessagesExpired' }> => {
  const at = upToPosition === undefined ? {} : { upToPosition }
  const gone = targeted.filter(({ revision }) => revision > before && revision <= upToRevision)
  const counts = gone.length === 0 ? {} : { targeted: countOf(gone) }
  return { type: 'MessagesExpired', data: { group, upToRevision, ...at, ...counts } }
}

const countOf = (gone: readonly TargetedMessage[]): { count: number; leaves: [number, number][] } => {
  const leaves = new Map<number, number>()
  for (const { targets } of gone) for (const leaf of targets) leaves.set(leaf, (leaves.get(leaf) ?? 0) + 1)
  return { count: gone.length, leaves: [...leaves].sort(([one], [other]) => one - other) }
}
