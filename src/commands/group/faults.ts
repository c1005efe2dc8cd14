/**
 * What the server cannot see: a Commit whose secrets do not work out. A member reports it; an admin gives the wedged
 * group up for a fresh id.
 */
import type { GroupEvent, Occupant } from '../../events/group.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { malformed, reject } from '../../streams/rejection.js'
import { adminSeatOf, seatOf } from './access.js'
import type { By } from './access.js'
import type { Group } from './fold/state.js'

export type ReportFault = { readonly by: By; readonly epoch: bigint; readonly detail: string }

/** A client that was just cut off has nothing to report; one that lags behind has. */
export const reportFault: Decider<ReportFault, Group, GroupEvent> =
  ({ by, epoch, detail }) =>
  (state) => {
    const seat = seatOf(state, by)
    if ('rejected' in seat) return seat
    const { group, leafIndex } = seat
    if (epoch > group.mls.epoch) return reject({ code: 'wrong-epoch', currentEpoch: String(group.mls.epoch) })
    const occupant: Occupant = { leafIndex, user: by.user, client: by.client }
    return accept({
      type: 'FaultReported',
      data: { group: group.group, epoch: String(epoch), by: occupant, detail },
    })
  }

export type ResetGroup = {
  readonly by: By
  readonly successor: GroupId
  /** Whether this user holds a fresh reservation of that id. */
  readonly successorIsReserved: boolean
}

export const resetGroup: Decider<ResetGroup, Group, GroupEvent> =
  ({ by, successor, successorIsReserved }) =>
  (state) => {
    const seat = adminSeatOf(state, by, 'reset')
    if ('rejected' in seat) return seat
    if (!successorIsReserved) return notReserved
    return accept({ type: 'GroupReset', data: { group: seat.group.group, successor, by: by.user } })
  }

export const notReserved = malformed('body.successor: not a group id that you have reserved')

/** By an operator, whoever its admins are: no successor is named, for only a client can make one. */
export const resetGroupHere: Decider<void, Group, GroupEvent> = () => (state) => {
  if (state.status === 'reset' || state.status === 'deleted') return accept()
  if (state.status !== 'active') return reject({ code: 'no-such-group' })
  if (state.hub !== undefined) return reject({ code: 'not-allowed', capability: 'resetGroupElsewhere' })
  return accept({ type: 'GroupReset', data: { group: state.group } })
}
