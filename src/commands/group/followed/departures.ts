/** Those of ours who have to go from another server's group, for what its hub does not see: said in our own log first, then asked of it. */
import type { FollowedEvent } from '../../../events/followed.js'
import type { Occupant } from '../../../events/group.js'
import { domainOf } from '../../../mls/wire/ids.js'
import type { Domain } from '../../../mls/wire/ids.js'
import { accept } from '../../../streams/decider.js'
import type { Decider } from '../../../streams/decider.js'
import type { ActiveGroup, Group } from '../fold/state.js'
import { referenceOf } from '../leaves.js'
import { leavesMeant } from '../removals.js'
import type { RequireRemoval } from '../removals.js'
import type { Copies } from './copies.js'

export type Departure = Extract<FollowedEvent, { type: 'RemovalAsked' }>['data']
type Gone = Pick<RequireRemoval, 'gone'> & Pick<Departure, 'reason'>

/** Undefined where none of them is there any more, or all need go already. */
export const departureFrom = (state: Group, { reason, gone }: Gone, ours: Domain): Departure | undefined => {
  if (state.status !== 'active' || state.hub === undefined) return undefined
  const leaves = leavesMeant(state, gone)
    .filter(({ client }) => domainOf(client) === ours)
    .map((leaf) => (reason === 'queueGone' ? withReference(state, leaf) : leaf))
  return leaves.length === 0 ? undefined : { group: state.group, leaves, reason }
}

const withReference = (group: ActiveGroup, leaf: Occupant): Departure['leaves'][number] => {
  const reference = referenceOf(group, leaf.leafIndex)
  return reference === undefined ? leaf : { ...leaf, reference }
}

/** Whether it still has to be asked for; until then, or until the leaf is another one, its hub is asked again. */
export const isStillDue = (state: Group, { leafIndex, client, reference }: Departure['leaves'][number]): boolean =>
  state.status === 'active' &&
  state.hub !== undefined &&
  state.leaves.get(leafIndex)?.client === client &&
  !state.required.has(leafIndex) &&
  (reference === undefined || referenceOf(state, leafIndex) === reference)

export const askRemoval: Decider<Departure, Copies, FollowedEvent> = (data) => () =>
  accept({ type: 'RemovalAsked', data })
