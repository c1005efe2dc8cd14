/** The group's profile: opaque to the server, replaced whole, by admins who have seen the version before. */
import type { BlobReference } from '../../events/form/fields.js'
import type { GroupEvent } from '../../events/group.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import { adminSeatOf } from './access.js'
import type { By } from './access.js'
import type { Group } from './fold/state.js'

export type ChangeProfile = {
  readonly by: By
  readonly profile: BlobReference
  /** The version that it replaces; 0 where there is none. */
  readonly ifVersion: number
  readonly limits: { readonly groupProfileBytesMax: number }
}

export const changeProfile: Decider<ChangeProfile, Group, GroupEvent> =
  ({ by, profile, ifVersion, limits }) =>
  (state) => {
    const seat = adminSeatOf(state, by, 'profile')
    if ('rejected' in seat) return seat
    const max = limits.groupProfileBytesMax
    if (profile.size > max) return reject({ code: 'too-large', max, actual: profile.size })
    const { group } = seat
    const current = group.profile?.version ?? 0
    if (current !== ifVersion) return reject({ code: 'version-mismatch', current })
    return accept({
      type: 'ProfileChanged',
      data: { group: group.group, version: current + 1, profile, by: by.user },
    })
  }
