/** Requiring removals, by reactions: what is gone elsewhere may do nothing here, and the next Commit must remove it. */
import type { GroupEvent, Occupant } from '../../events/group.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { occupantOf, referenceOf } from './leaves.js'
import type { ActiveGroup, Group, RemovalReason } from './fold/state.js'
import { withSuccession } from './succession.js'

/**
 * A leaf as it was seen: one that was replaced or updated since is not meant. Another server knows it by the reference to its queue,
 * base64url.
 */
export type SeenLeaf = { readonly client: ClientId; readonly leafIndex: number } & (
  { readonly changed: number } | { readonly reference: string }
)

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
    const leaves = leavesMeant(state, gone)
    if (leaves.length === 0) return accept()
    const required: GroupEvent = { type: 'RemovalRequired', data: { group: state.group, leaves, reason } }
    return accept(...withSuccession(state, [required]))
  }

/** Those of them that are there, and need not go already. */
export const leavesMeant = (group: ActiveGroup, gone: RequireRemoval['gone']): Occupant[] => {
  const found = new Set(gone.flatMap((one) => leafOf(group, one) ?? []))
  return [...found].filter((leafIndex) => !group.required.has(leafIndex)).map((leaf) => occupantOf(group, leaf))
}

const leafOf = (group: ActiveGroup, one: ClientId | SeenLeaf): number | undefined => {
  if (typeof one === 'string') return group.clients.get(one)
  const seated = group.leaves.get(one.leafIndex)
  if (seated?.client !== one.client) return undefined
  const isTheSame =
    'changed' in one ? seated.changed === one.changed : referenceOf(group, one.leafIndex) === one.reference
  return isTheSame ? one.leafIndex : undefined
}
