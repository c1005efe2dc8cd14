/** Whom nobody may add any more: a client that was removed, a user who is gone or has blocked the one who adds. */
import { contactsStream } from '../../events/contacts.js'
import { userStream } from '../../events/user.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, Domain, UserId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { clientOf, userAggregate } from '../account/user.js'
import type { UserState } from '../account/user.js'
import { contactsAggregate } from '../contacts/contacts.js'

export type Added = {
  readonly user: UserId
  readonly client: ClientId
  /** Whose Add it is; undefined of one who is not told apart from others any more. */
  readonly by: UserId | undefined
  /** The reference of the Add, base64url, when it is pending. */
  readonly ref: string | undefined
}

/**
 * Someone who was blocked sees what an unknown client shows, as when it claims a KeyPackage. A pending Add is named, so that
 * the committer can leave it out. Asked of the log; whom another homeserver vouches for is not ours to know.
 */
export const refuseAdded = async (
  streams: Pick<Streams, 'read'>,
  domain: Domain,
  added: readonly Added[],
): Promise<Rejected | undefined> => {
  const users = new Map<UserId, Known>()
  for (const one of added) {
    if (domainOf(one.client) !== domain) continue
    const known = users.get(one.user) ?? (await knownOf(streams, one.user))
    users.set(one.user, known)
    if (!isGone(known.state, one.client) && (one.by === undefined || !known.blocked.has(one.by))) continue
    if (one.ref === undefined) return reject({ code: 'no-such-client' })
    return reject({ code: 'invalid-proposal', reason: 'noSuchClient', refs: [one.ref] })
  }
  return undefined
}

type Known = { readonly state: UserState; readonly blocked: ReadonlySet<UserId> }

const knownOf = async (streams: Pick<Streams, 'read'>, user: UserId): Promise<Known> => {
  const { state } = await streams.read(userAggregate, userStream(user))
  const contacts = await streams.read(contactsAggregate, contactsStream(user))
  return { state, blocked: contacts.state.blocked }
}

/** Whether it was removed, or its user. That it ever was there is what its certificate says. */
const isGone = (state: UserState, client: ClientId): boolean => {
  switch (state.status) {
    case 'active':
      return clientOf(state, client) === undefined
    case 'deleted':
    case 'abandoned':
      return true
    case 'absent':
      return false
  }
}
