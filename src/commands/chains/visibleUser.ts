/** A user as another one may see it: whom it has blocked sees what an unknown user shows. */
import { contactsStream } from '../../events/contacts.js'
import { userStream } from '../../events/user.js'
import type { UserId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { userAggregate } from '../account/user.js'
import type { ActiveUser } from '../account/user.js'
import { contactsAggregate } from '../contacts/contacts.js'

export const visibleUser = async (
  streams: Pick<Streams, 'read'>,
  { user, to }: { readonly user: UserId; readonly to: UserId },
): Promise<ActiveUser | Rejected> => {
  const contacts = await streams.read(contactsAggregate, contactsStream(user))
  const { state } = await streams.read(userAggregate, userStream(user))
  return state.status !== 'active' || contacts.state.blocked.has(to) ? reject({ code: 'no-such-user' }) : state
}
