/** Claims of KeyPackages: who may, and the chain of one claim per client when a user's clients are all asked for. */
import { contactsStream } from '../../events/contacts.js'
import { keyPackagesStream } from '../../events/keyPackages.js'
import type { KeyPackagesEvent } from '../../events/keyPackages.js'
import { userStream } from '../../events/user.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'
import { areContacts, contactsAggregate } from '../contacts/contacts.js'
import type { ContactsState } from '../contacts/contacts.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Streams } from '../../streams/streams.js'
import { claimKeyPackage, keyPackagesAggregate } from '../keyPackages/keyPackages.js'
import type { KeyPackagesState } from '../keyPackages/keyPackages.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import { clientOf, userAggregate } from '../account/user.js'
import type { ActiveUser } from '../account/user.js'

export type ClaimedKeyPackage = Extract<KeyPackagesEvent, { type: 'KeyPackageClaimed' }>['data']

export type Claim = {
  readonly target: UserId
  readonly suite: number
  readonly by: UserId
}

/** The target, when this user may claim its KeyPackages. Someone it has blocked sees what an unknown user shows. */
const claimableUser = async (
  streams: Streams,
  { target, by }: Pick<Claim, 'target' | 'by'>,
): Promise<ActiveUser | Rejected> => {
  const { state } = await streams.read(userAggregate, userStream(target))
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  if (target === by) return state
  const contacts = await contactsOf(streams, target)
  if (contacts.blocked.has(by)) return reject({ code: 'no-such-user' })
  if (state.claims === 'anyone') return state
  const others = await contactsOf(streams, by)
  return areContacts({ user: target, contacts }, { user: by, contacts: others })
    ? state
    : reject({ code: 'not-allowed', capability: 'claimKeyPackages' })
}

const contactsOf = async (streams: Streams, user: UserId): Promise<ContactsState> =>
  (await streams.read(contactsAggregate, contactsStream(user))).state

/** One KeyPackage of one client. */
export const claimOfClient = async (
  streams: Streams,
  command: CommandContext,
  { client, ...claim }: Claim & { readonly client: ClientId },
): Promise<Outcome<KeyPackagesState, KeyPackagesEvent>> => {
  const user = await claimableUser(streams, claim)
  if ('rejected' in user) return user.rejected.code === 'no-such-user' ? reject({ code: 'no-such-client' }) : user
  if (clientOf(user, client) === undefined) return reject({ code: 'no-such-client' })
  return claimOne(streams, command, { client, suite: claim.suite, by: claim.by })
}

const claimOne = (
  streams: Streams,
  command: CommandContext,
  { client, suite, by }: { readonly client: ClientId; readonly suite: number; readonly by: UserId },
): Promise<Outcome<KeyPackagesState, KeyPackagesEvent>> =>
  streams.execute(
    keyPackagesAggregate,
    keyPackagesStream(client),
    command,
    claimKeyPackage({ client, suite, by, at: command.at }),
  )

export type UserClaim = {
  readonly claimed: readonly ClaimedKeyPackage[]
  readonly missing: readonly { readonly client: ClientId; readonly code: Rejection['code'] }[]
  /** Of the last claim, or of the user when there was none. */
  readonly position: Awaited<ReturnType<Streams['read']>>['position']
}

/** One KeyPackage of each client of a user, but for the claimer itself: one append per client, under derived ids. */
export const claimOfUser = async (
  streams: Streams,
  command: CommandContext,
  claim: Claim & { readonly byClient: ClientId },
): Promise<UserClaim | Rejected> => {
  const user = await claimableUser(streams, claim)
  if ('rejected' in user) return user
  let { position } = await streams.read(userAggregate, userStream(claim.target))
  const claimed: ClaimedKeyPackage[] = []
  const missing: { readonly client: ClientId; readonly code: Rejection['code'] }[] = []
  for (const { client } of user.clients) {
    if (client === claim.byClient) continue
    const step = { ...command, id: derivedId(command.id, 'claimKeyPackage', client) }
    const outcome = await claimOne(streams, step, { client, suite: claim.suite, by: claim.by })
    if (!('rejected' in outcome)) {
      claimed.push(claimedIn(outcome))
      if (outcome.position > position) position = outcome.position
    } else if (outcome.rejected.code === 'idempotency-mismatch') return outcome
    else missing.push({ client, code: outcome.rejected.code })
  }
  return { claimed, missing, position }
}

/** What a claim that was accepted handed out. */
export const claimedIn = (
  outcome: Exclude<Outcome<KeyPackagesState, KeyPackagesEvent>, Rejected>,
): ClaimedKeyPackage => {
  const [event] = outcome.recorded
  if (event?.type !== 'KeyPackageClaimed') throw new Error('a claim recorded something else')
  return event.data
}
