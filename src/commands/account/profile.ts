/** A user's profile: opaque to the server, replaced whole, by a client that has seen the version before. */
import type { BlobReference } from '../../events/form/fields.js'
import type { UserEvent } from '../../events/user.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { UserState } from './user.js'

export type ChangeUserProfile = {
  readonly profile: BlobReference
  /** The version that it replaces; 0 where there is none. */
  readonly ifVersion: number
  readonly limits: { readonly userProfileBytesMax: number }
}

export const changeUserProfile: Decider<ChangeUserProfile, UserState, UserEvent> =
  ({ profile, ifVersion, limits: { userProfileBytesMax: max } }) =>
  (state) => {
    if (state.status !== 'active') return reject({ code: 'no-such-user' })
    if (profile.size > max) return reject({ code: 'too-large', max, actual: profile.size })
    const current = state.profile?.version ?? 0
    if (current !== ifVersion) return reject({ code: 'version-mismatch', current })
    return accept({ type: 'UserProfileChanged', data: { user: state.user, version: current + 1, profile } })
  }
