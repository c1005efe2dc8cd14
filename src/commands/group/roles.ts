/** Changing a user's role in a group: an admin's word, effective at once, for all clients of the user. */
import type { GroupEvent, Role } from '../../events/group.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import { adminSeatOf } from './access.js'
import type { By } from './access.js'
import type { Group } from './fold/state.js'
import { hasAdmin, stayingUsers, withSuccession } from './succession.js'

export type ChangeRole = { readonly by: By; readonly user: UserId; readonly role: Role }

export const changeRole: Decider<ChangeRole, Group, GroupEvent> =
  ({ by, user, role }) =>
  (state) => {
    const seat = adminSeatOf(state, by, 'roles')
    if ('rejected' in seat) return seat
    const { group } = seat
    const member = group.users.get(user)
    if (member === undefined) return reject({ code: 'no-such-user' })
    if (member.role === role) return accept()
    const others = new Set([...stayingUsers(group)].filter((other) => other !== user))
    if (role === 'member' && others.size > 0 && !hasAdmin(group, others)) {
      return reject({ code: 'not-allowed', capability: 'demoteLastAdmin' })
    }
    const changed: GroupEvent = {
      type: 'RoleChanged',
      data: { group: group.group, user, role, by: by.user, reason: 'requested' },
    }
    // Alone one may step down, but then there is nobody else to succeed.
    return accept(...withSuccession(group, [changed]))
  }
