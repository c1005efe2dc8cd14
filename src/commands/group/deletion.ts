/** Deleting a group: by an admin of it, or by an operator. */
import type { GroupEvent } from '../../events/group.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { adminSeatOf } from './access.js'
import type { By } from './access.js'
import { reject } from '../../streams/rejection.js'
import type { Group } from './fold/state.js'

export const deleteGroup: Decider<By, Group, GroupEvent> = (by) => (state) => {
  const seat = adminSeatOf(state, by, 'delete')
  if ('rejected' in seat) return seat
  return accept({ type: 'GroupDeleted', data: { group: seat.group.group, by: by.user } })
}

/** By an operator, whoever its admins are; another server's is that one's to delete. One that is closed already stays as it is. */
export const deleteGroupHere: Decider<void, Group, GroupEvent> = () => (state) => {
  if (state.status === 'reset' || state.status === 'deleted') return accept()
  if (state.status !== 'active') return reject({ code: 'no-such-group' })
  if (state.hub !== undefined) return reject({ code: 'not-allowed', capability: 'deleteGroupElsewhere' })
  return accept({ type: 'GroupDeleted', data: { group: state.group } })
}
