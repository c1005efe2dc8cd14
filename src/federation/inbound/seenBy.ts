/** Whom of ours a user of another server may see: whom it would find by a handle, and who turned to it. */
import { isDisabled, userAggregate } from '../../commands/account/user.js'
import type { ActiveUser } from '../../commands/account/user.js'
import { contactsAggregate } from '../../commands/contacts/contacts.js'
import type { ContactsState } from '../../commands/contacts/contacts.js'
import { contactsStream } from '../../events/contacts.js'
import { userStream } from '../../events/user.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Streams } from '../../streams/streams.js'

/** Both streams are read of whomever: what is asked for takes the same time, whoever is there. */
export const seenBy = async (
  streams: Pick<Streams, 'read'>,
  user: UserId,
  by: UserId,
): Promise<ActiveUser | undefined> => {
  const { state: contacts } = await streams.read(contactsAggregate, contactsStream(user))
  const { state } = await streams.read(userAggregate, userStream(user))
  if (state.status !== 'active' || contacts.blocked.has(by)) return undefined
  return isFindable(state) || knows(contacts, by) ? state : undefined
}

const isFindable = (user: ActiveUser): boolean => user.discovery !== 'hidden' && !isDisabled(user)

/** Who is hidden shows itself to whom it asks, and to its contacts: they have to write to it. */
const knows = ({ accepted, sought }: ContactsState, by: UserId): boolean => accepted.has(by) || sought.has(by)
