/** Whether a signal may go to a group's members now: its sender by leaf and token, in the epoch that is. Nothing is decided of. */
import { groupIdFromBytes } from '../../mls/wire/ids.js'
import type { SignalContext } from '../../mls/wire/signal.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { seatOf } from './access.js'
import type { By } from './access.js'
import { wrongEpoch } from './refusals.js'
import type { Group } from './fold/state.js'

/** Undefined when the signal may go out. The signature is the members' to verify: the token has said who sends. */
export const refuseSignal = (
  state: Group,
  by: By,
  { groupId, epoch, leafIndex }: SignalContext,
): Rejected | undefined => {
  const seat = seatOf(state, by)
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
