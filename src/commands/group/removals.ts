/** Requiring removals, by reactions: what is gone elsewhere may do nothing here, and the next Commit must remove it. */
import type { GroupEvent } from '../../events/group.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { occupantOf } from './leaves.js'
import type { ActiveGroup, Group, RemovalReason } from './fold/state.js'
import { withSuccession } from './succession.js'

/** A leaf as it was seen: one that was replaced or updated since is not meant. */
export type SeenLeaf = { readonly client: ClientId; readonly leafIndex: number; readonly changed: number }

export type RequireRemoval = {
  readonly reason: RemovalReason
  /** Clients that are gone, whatever leaf they sit at, or single leaves. */
  readonly gone: readonly (ClientId | SeenLeaf)[]
}

/** Nothing to do where the leaves are gone, or required to go, already. */
export const requireRemoval: Decider<RequireRemoval, Group, GroupEvent> =
  ({ reason, gone }) =>
  (state) => {
    if (state.status !== 'active' || state.hub !== undefined) return accept()
    const found = new Set(gone.flatMap((one) => leafOf(state, one) ?? []))
    const leaves = [...found]
      .filter((leafIndex) => !state.required.has(leafIndex))
      .map((leafIndex) => occupantOf(state, leafIndex))
    if (leaves.length === 0) return accept()
    const required: GroupEvent = { type: 'RemovalRequired', data: { group: state.group, leaves, reason } }
    return accept(...withSuccession(state, [required]))
  }

const leafOf = ({ clients, leaves }: ActiveGroup, one: ClientId | SeenLeaf): number | undefined => {
  if (typeof one === 'string') return clients.get(one)
  const seated = leaves.get(one.leafIndex)
  return seated?.client === one.client && seated.changed === one.changed ? one.leafIndex : undefined
}
