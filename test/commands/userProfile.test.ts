/** A user's profile: replaced by whoever has seen the version before, and bounded. */
import { changeUserProfile } from '#src/commands/account/profile.js'
import { userAggregate } from '#src/commands/account/user.js'
import type { UserEvent } from '#src/events/user.js'
import { given } from './given.js'
import { registered, user } from './people.js'

const blob = (size = 3) => ({ digest: 'd'.repeat(43), size })
const limits = { userProfileBytesMax: 10 }
const changing = (ifVersion: number, size?: number) => changeUserProfile({ profile: blob(size), ifVersion, limits })
const changed = (version: number): UserEvent => ({
  type: 'UserProfileChanged',
  data: { user: user(1), version, profile: blob() },
})

describe('the profile of a user', () => {
  it('begins with version 1, and grows by one', () => {
    given(userAggregate, [registered(1)])
      .when(changing(0))
      .then(changed(1))
    given(userAggregate, [registered(1), changed(1), changed(2)])
      .when(changing(2))
      .then(changed(3))
  })

  it('is replaced only by who has seen the version before', () => {
    for (const ifVersion of [0, 2])
      given(userAggregate, [registered(1), changed(1)])
        .when(changing(ifVersion))
        .thenRejected({ code: 'version-mismatch', current: 1 })
  })

  it('has so many bytes at most', () => {
    given(userAggregate, [registered(1)])
      .when(changing(0, 11))
      .thenRejected({ code: 'too-large', max: 10, actual: 11 })
  })

  it('is nobody’s whose user is not there', () => {
    given(userAggregate).when(changing(0)).thenRejected({ code: 'no-such-user' })
  })
})
