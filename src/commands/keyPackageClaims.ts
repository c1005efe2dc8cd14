/** Claims of KeyPackages: who may, and the chain of one claim per client when a user's clients are all asked for. */
import { contactsStream } from '../events/contacts.js'
import { keyPackagesStream } from '../events/keyPackages.js'
import type { KeyPackagesEvent } from '../events/keyPackages.js'
import { userStream } from '../events/user.js'
import type { ClientId, UserId } from '../mls/ids.js'
import { derivedId } from './commandId.js'
import { areContacts, contactsAggregate } from './contacts.js'
import type { ContactsState } from './contacts.js'
import type { CommandContext } from './decider.js'
import type { Handle, Outcome } from './handle.js'
import { claimKeyPackage, keyPackagesAggregate } from './keyPackages.js'
import type { KeyPackagesState } from './keyPackages.js'
import { reject } from './rejection.js'
import type { Rejected, Rejection } from './rejection.js'
import { clientOf, userAggregate } from './user.js'
import type { ActiveUser } from './user.js'

export type ClaimedKeyPackage = Extract<KeyPackagesEvent, { type: 'KeyPackageClaimed' }>['data']

export type Claim = {
  readonly target: UserId
  readonly suite: number
  readonly by: UserId
}

/** The target, when this user may claim its KeyPackages. Someone it has blocked sees what an unknown user shows. */
const claimableUser = async (
  handle: Handle,
  { target, by }: Pick<Claim, 'target' | 'by'>,
): Promise<ActiveUser | Rejected> => {
  const { state } = await handle.read(userAggregate, userStream(target))
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  if (target === by) return state
  const contacts = await contactsOf(handle, target)
  if (contacts.blocked.has(by)) return reject({ code: 'no-such-user' })
  if (state.claims === 'anyone') return state
  const others = await contactsOf(handle, by)
  return areContacts({ user: target, contacts }, { user: by, contacts: others })
    ? state
    : reject({ code: 'not-allowed', capability: 'claimKeyPackages' })
}

const contactsOf = async (handle: Handle, user: UserId): Promise<ContactsState> =>
  (await handle.read(contactsAggregate, contactsStream(user))).state

/** One KeyPackage of one client. */
export const claimOfClient = async (
  handle: Handle,
  command: CommandContext,
  { client, ...claim }: Claim & { readonly client: ClientId },
): Promise<Outcome<KeyPackagesState, KeyPackagesEvent>> => {
  const user = await claimableUser(handle, claim)
  if ('rejected' in user) return user.rejected.code === 'no-such-user' ? reject({ code: 'no-such-client' }) : user
  if (clientOf(user, client) === undefined) return reject({ code: 'no-such-client' })
  return claimOne(handle, command, { client, suite: claim.suite, by: claim.by })
}

const claimOne = (
  handle: Handle,
  command: CommandContext,
  { client, suite, by }: { readonly client: ClientId; readonly suite: number; readonly by: UserId },
): Promise<Outcome<KeyPackagesState, KeyPackagesEvent>> =>
  handle.execute(keyPackagesAggregate, keyPackagesStream(client), command, (state) =>
    claimKeyPackage(state, { client, suite, by, at: command.at }),
  )

export type UserClaim = {
  readonly claimed: readonly ClaimedKeyPackage[]
  readonly missing: readonly { readonly client: ClientId; readonly code: Rejection['code'] }[]
  /** Of the last claim, or of the user when there was none. */
  readonly position: Awaited<ReturnType<Handle['read']>>['position']
}

/** One KeyPackage of each client of a user, but for the claimer itself: one append per client, under derived ids. */
export const claimOfUser = async (
  handle: Handle,
  command: CommandContext,
  claim: Claim & { readonly byClient: ClientId },
): Promise<UserClaim | Rejected> => {
  const user = await claimableUser(handle, claim)
  if ('rejected' in user) return user
  let { position } = await handle.read(userAggregate, userStream(claim.target))
  const claimed: ClaimedKeyPackage[] = []
  const missing: { readonly client: ClientId; readonly code: Rejection['code'] }[] = []
  for (const { client } of user.clients) {
    if (client === claim.byClient) continue
    const step = { ...command, id: derivedId(command.id, 'claimKeyPackage', client) }
    const outcome = await claimOne(handle, step, { client, suite: claim.suite, by: claim.by })
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
