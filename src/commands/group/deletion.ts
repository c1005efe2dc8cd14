/** Deleting a group. */
import type { GroupEvent } from '../../events/group.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { adminSeatOf } from './access.js'
import type { By } from './access.js'
import type { Group } from './state.js'

export const deleteGroup: Decider<By, Group, GroupEvent> = (by) => (state) => {
  const seat = adminSeatOf(state, by, 'delete')
  if ('rejected' in seat) return seat
  return accept({ type: 'GroupDeleted', data: { group: seat.group.group, by: by.user } })
}
