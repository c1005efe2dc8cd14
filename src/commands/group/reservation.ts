/** Reserving a group id: the server picks it, one client may create the group in time. */
import type { GroupEvent } from '../../events/group.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { By } from './access.js'
import type { Group } from './fold/state.js'

export type ReserveGroupId = {
  readonly by: By
  /** Fresh and random, so that nobody can guess it. */
  readonly group: GroupId
  readonly until: number
  /** Ids that this client holds and has not used. */
  readonly open: number
  readonly limits: { readonly groupIdsReservedPerClientMax: number }
}

export const reserveGroupId: Decider<ReserveGroupId, Group, GroupEvent> =
  ({ by, group, until, open, limits }) =>
  (state) => {
    if (state.status !== 'none') return reject({ code: 'already-exists', what: 'group' })
    const max = limits.groupIdsReservedPerClientMax
    if (open >= max) return reject({ code: 'limit-reached', limit: 'groupIdsReservedPerClientMax', max })
    return accept({ type: 'GroupIdReserved', data: { group, user: by.user, client: by.client, until } })
  }
