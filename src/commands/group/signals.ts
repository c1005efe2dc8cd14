/** Whether a signal may go to a group's members now: its sender by leaf and token, in the epoch that is. Nothing is decided of. */
import type { Occupant } from '../../events/group.js'
import { domainOf, groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { SignalContext } from '../../mls/wire/signal.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { seatIn } from './access.js'
import type { By } from './access.js'
import { wrongEpoch } from './refusals.js'
import type { ActiveGroup, Group } from './fold/state.js'

/**
 * Undefined when the signal may go out, wherever the group is decided on. The signature is the members' to verify: the token
 * has said who sends.
 */
export const refuseSignal = (
  state: Group,
  by: By,
  { groupId, epoch, leafIndex }: SignalContext,
): Rejected | undefined => {
  const seat = seatIn(state, by)
  if ('rejected' in seat) return seat
  const { group } = seat
  if (groupIdFromBytes(groupId) !== group.group) {
    return reject({ code: 'malformed', detail: 'the signal names another group' })
  }
  if (leafIndex !== seat.leafIndex) {
    return reject({ code: 'identity-mismatch', detail: 'the signal is of another leaf than yours' })
  }
  return epoch === group.mls.epoch ? undefined : wrongEpoch(group, epoch)
}

/**
 * Who signals by the word of another server; undefined where it may not. `peer` speaks for its own members as they speak to their
 * hub, and a hub for everybody but ours.
 */
export const signallerOf = (
  group: ActiveGroup,
  { peer, ours }: { readonly peer: Domain; readonly ours: Domain },
  { epoch, leafIndex }: SignalContext,
): Occupant | undefined => {
  const seated = group.leaves.get(leafIndex)
  if (seated === undefined || group.required.has(leafIndex) || epoch !== group.mls.epoch) return undefined
  const of = domainOf(seated.client)
  const speaksForIt = group.hub === undefined ? of === peer : group.hub === peer && of !== ours
  return speaksForIt ? seated : undefined
}
