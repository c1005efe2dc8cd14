/** Claiming a KeyPackage of one client: who may, by the streams of both users, and then the claim itself. */
import { contactsStream } from '../../events/contacts.js'
import { keyPackagesStream } from '../../events/keyPackages.js'
import type { KeyPackagesEvent } from '../../events/keyPackages.js'
import { userStream } from '../../events/user.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import type { Position } from '../../ports/position.js'
import { areContacts, contactsAggregate } from '../contacts/contacts.js'
import type { ContactsState } from '../contacts/contacts.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Streams } from '../../streams/streams.js'
import { claimKeyPackage, givenFor, keyPackagesAggregate } from '../keyPackages/keyPackages.js'
import type { KeyPackagesState } from '../keyPackages/keyPackages.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { clientOf, isDisabled, userAggregate } from '../account/user.js'
import type { ActiveUser } from '../account/user.js'

export type ClaimedKeyPackage = Extract<KeyPackagesEvent, { type: 'KeyPackageClaimed' }>['data']

export type Claim = {
  readonly target: UserId
  readonly suite: number
  readonly by: UserId
  /** Which request of another server's client it is for. */
  readonly asked?: string | undefined
}

export type Claimable = {
  readonly user: ActiveUser
  /** Of the user's stream, as it was read. */
  readonly position: Position
}

/** The target, when this user may claim its KeyPackages. Someone it has blocked sees what an unknown user shows. */
export const claimableUser = async (
  streams: Streams,
  { target, by }: Pick<Claim, 'target' | 'by'>,
): Promise<Claimable | Rejected> => {
  const { state: user, position } = await streams.read(userAggregate, userStream(target))
  if (user.status !== 'active' || isDisabled(user)) return reject({ code: 'no-such-user' })
  const claimable = { user, position }
  if (target === by) return claimable
  const contacts = await contactsOf(streams, target)
  if (contacts.blocked.has(by)) return reject({ code: 'no-such-user' })
  if (user.claims === 'anyone') return claimable
  // What a user of another server accepted stands there.
  const others = domainOf(by) === domainOf(target) ? await contactsOf(streams, by) : contactsAggregate.initial
  return areContacts({ user: target, contacts }, { user: by, contacts: others })
    ? claimable
    : reject({ code: 'not-allowed', capability: 'claimKeyPackages' })
}

const contactsOf = async (streams: Streams, user: UserId): Promise<ContactsState> =>
  (await streams.read(contactsAggregate, contactsStream(user))).state

/** `target`: whose the client is; undefined: nobody's. */
export type ClientClaim = Omit<Claim, 'target'> & { readonly target: UserId | undefined; readonly client: ClientId }

/** One KeyPackage of one client. */
export const claimOfClient = async (
  streams: Streams,
  command: CommandContext,
  { client, ...claim }: ClientClaim,
): Promise<Outcome<KeyPackagesState, KeyPackagesEvent>> => {
  const refused = await refuseClaim(streams, { ...claim, client })
  if (refused === undefined) return claimOne(streams, command, { ...claim, client })
  // Executed all the same: a command that is known gets its first result, whatever is decided by now.
  return streams.execute(keyPackagesAggregate, keyPackagesStream(client), command, () => refused)
}

const refuseClaim = async (
  streams: Streams,
  { target: owner, client, by }: ClientClaim,
): Promise<Rejected | undefined> => {
  const target = owner === undefined ? noSuchClient : await claimableUser(streams, { target: owner, by })
  if ('rejected' in target) return target.rejected.code === 'no-such-user' ? noSuchClient : target
  return clientOf(target.user, client) === undefined ? noSuchClient : undefined
}

const noSuchClient: Rejected = reject({ code: 'no-such-client' })

export const claimOne = (
  streams: Streams,
  command: CommandContext,
  { client, suite, by, asked }: Omit<Claim, 'target'> & { readonly client: ClientId },
): Promise<Outcome<KeyPackagesState, KeyPackagesEvent>> =>
  streams.execute(
    keyPackagesAggregate,
    keyPackagesStream(client),
    command,
    claimKeyPackage({ client, suite, by, asked, at: command.at }),
  )

/** What a claim that was accepted handed out: now, or when the same was asked before. */
export const claimedIn = (
  { recorded, state, at }: Exclude<Outcome<KeyPackagesState, KeyPackagesEvent>, Rejected>,
  claim?: Pick<Claim, 'asked' | 'suite'>,
): ClaimedKeyPackage => {
  const [event] = recorded
  if (event?.type === 'KeyPackageClaimed') return event.data
  const given = claim === undefined ? undefined : givenFor(state, { ...claim, at })
  if (given === undefined) throw new Error('a claim recorded something else')
  return given
}
