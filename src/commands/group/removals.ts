/** Requiring removals, by reactions: what is gone elsewhere may do nothing here, and the next Commit must remove it. */
import type { GroupEvent } from '../../events/group.js'
import type { ClientId } from '../../mls/ids.js'
import { accept } from '../decider.js'
import type { Decision } from '../decider.js'
import type { Group, RemovalReason } from './state.js'
import { withSuccession } from './succession.js'

export type RequireRemoval = {
  readonly reason: RemovalReason
  /** The clients that are gone, each with the leaf that was seen, where only that leaf is meant (another may follow it). */
  readonly leaves: readonly { readonly client: ClientId; readonly leafIndex?: number }[]
}

/** Nothing to do where the leaves are gone, or required to go, already. */
export const requireRemoval =
  ({ reason, leaves }: RequireRemoval) =>
  (state: Group): Decision<GroupEvent> => {
    if (state.status !== 'active') return accept()
    const affected = leaves.flatMap(({ client, leafIndex: seen }) => {
      const leafIndex = state.clients.get(client)
      if (leafIndex === undefined || (seen !== undefined && seen !== leafIndex)) return []
      const occupant = state.leaves.get(leafIndex)
      return occupant === undefined || state.required.has(leafIndex) ? [] : [occupant]
    })
    if (affected.length === 0) return accept()
    const required: GroupEvent = { type: 'RemovalRequired', data: { group: state.group, leaves: affected, reason } }
    return accept(...withSuccession(state, [required]))
  }
