/** What a member hears when somebody was removed. */
import type { ClientEvent } from '#src/client/index.js'
import type { UserId } from '#src/mls/wire/ids.js'

export const removalOf =
  (user: UserId) =>
  (event: ClientEvent): event is Extract<ClientEvent, { type: 'membersChanged' }> =>
    event.type === 'membersChanged' && event.removed.some((member) => member.user === user)
