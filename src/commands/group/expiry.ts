/** Letting old messages go: an event first, by which projections drop their rows; then the stream is truncated. */
import type { GroupEvent } from '../../events/group.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import type { Group } from './state.js'

export type ExpireMessages = {
  readonly upToRevision: number
  /** Where the last of them stands, for queues to count the gap by. */
  readonly upToPosition?: number | undefined
  /** Those among them that were for some only. */
  readonly targeted?: readonly TargetedMessage[]
}
export type TargetedMessage = { readonly revision: number; readonly targets: readonly number[] }

export const expireMessages: Decider<ExpireMessages, Group, GroupEvent> =
  ({ upToRevision, upToPosition, targeted = [] }) =>
  (state) => {
    if (state.status === 'none' || state.status === 'reserved' || upToRevision <= state.expiredUpTo) return accept()
    const at = upToPosition === undefined ? {} : { upToPosition }
    const gone = targeted.filter(({ revision }) => revision > state.expiredUpTo && revision <= upToRevision)
    const counts = gone.length === 0 ? {} : { targeted: countOf(gone) }
    return accept({ type: 'MessagesExpired', data: { group: state.group, upToRevision, ...at, ...counts } })
  }

const countOf = (gone: readonly TargetedMessage[]): { count: number; leaves: [number, number][] } => {
  const leaves = new Map<number, number>()
  for (const { targets } of gone) for (const leaf of targets) leaves.set(leaf, (leaves.get(leaf) ?? 0) + 1)
  return { count: gone.length, leaves: [...leaves].sort(([one], [other]) => one - other) }
}
