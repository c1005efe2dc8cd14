/** Connection requests and their answers, contacts, and blocks. */
import { z } from 'zod'
import { derivedId } from '../../streams/commandId.js'
import {
  acceptConnection,
  blockUser,
  contactsAggregate,
  rejectConnection,
  requestConnection,
  unblockUser,
} from '../../commands/contacts/contacts.js'
import type { ContactsState } from '../../commands/contacts/contacts.js'
import { seekContact } from '../../commands/contacts/elsewhere.js'
import type { CommandContext, Decision } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { userAggregate } from '../../commands/account/user.js'
import { contactsStream } from '../../events/contacts.js'
import type { ContactsEvent } from '../../events/contacts.js'
import { userStream } from '../../events/user.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { OtherServers } from '../../ports/peers.js'
import type { Limits } from '../../limits/limits.js'
import type { Directory } from '../../projections/directory/queries.js'
import { bytesIn, bytesOut, described, placed, timeOut, userUri } from '../../contract/fields.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { recordedIn } from '../http/place.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'

export type ContactRoutesDependencies = {
  readonly streams: Streams
  readonly directory: Directory
  readonly domain: Domain
  readonly limits: Limits
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
}

const tag = 'Authentication Service'
const requestId = described(
  z.string().max(64),
  'The id of a connection request',
  'b7c2a6f0-5c8e-5a57-9b39-6d1c3a1f0e42',
)
const requestParams = z.strictObject({ request: requestId })
const contact = z
  .object({ user: userUri, since: timeOut })
  .meta({ title: 'Contact', description: 'A user with whom you are connected' })
const openRequest = z
  .object({ request: requestId, from: userUri, ciphertext: bytesOut, at: timeOut })
  .meta({ title: 'ConnectionRequest', description: 'A request that waits for an answer' })
const userParams = z.strictObject({ user: userUri })

export const contactRoutes = (deps: ContactRoutesDependencies): readonly Route[] => [
  ...requestRoutes(deps),
  ...blockRoutes(deps),
  route({
    method: 'get',
    path: '/v1/contacts',
    tag,
    summary: 'List your contacts and whom you blocked',
    description: 'Whom you blocked is no contact.',
    access: 'client',
    success: {
      status: 200,
      body: z.object({
        contacts: z.array(contact).describe('With whom you are connected'),
        blocked: z.array(userUri).describe('Whom you blocked'),
      }),
    },
    problems: [],
    answer: async ({ principal: { user } }) => {
      const page = { limit: contactsMax }
      const rows = await deps.directory.contactsOf(user, page)
      const blocked = await deps.directory.blockedBy(user, page)
      const contacts = rows.filter(({ contact }) => !blocked.includes(contact))
      const shown = contacts.map(({ contact, since }) => ({ user: contact, since }))
      return { status: 200, body: { contacts: shown, blocked } }
    },
  }),
]

const contactsMax = 10_000

const requestRoutes = (deps: ContactRoutesDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/users/{user}/requests',
    tag,
    summary: 'Ask a user for contact',
    description:
      'The ciphertext is opaque here; it reaches the direct queues of all the user’s clients. A user of another server is asked by its server, as soon as that is there: whether there is such a user, and whether it blocked you, is not told.',
    access: 'client',
    params: userParams,
    body: z.strictObject({ ciphertext: bytesIn.describe('For the clients of that user, opaque here') }),
    success: { status: 202, body: z.object({ request: requestId, ...placed }) },
    problems: ['no-such-user', 'already-exists', 'limit-reached', 'peer-not-federating'],
    known: ({ principal, params: { user }, command }) =>
      deps.streams.knows(contactsAggregate, contactsStream(isHere(deps, user) ? user : principal.user), command),
    rates: ({ principal }) => [{ rate: 'connectionRequestsPerRequester', key: principal.user }],
    answer: ({ principal, params: { user }, body, command }) => {
      const asked = { user, from: principal.user, ciphertext: body.ciphertext }
      return isHere(deps, user) ? ask(deps, asked, command) : seek(deps, asked, command)
    },
  }),
  route({
    method: 'get',
    path: '/v1/requests',
    tag,
    summary: 'List the requests that wait for your answer, oldest first',
    description: 'Those of users whom you blocked do not come.',
    access: 'client',
    success: {
      status: 200,
      body: z.object({
        requests: z.array(openRequest).describe('The oldest first'),
      }),
    },
    problems: [],
    answer: async ({ principal: { user } }) => {
      const rows = await deps.directory.requestsOf(user, { limit: deps.limits.listPageMax })
      const requests = rows.map(({ request, from, ciphertext, at }) => ({ request, from, ciphertext, at }))
      return { status: 200, body: { requests } }
    },
  }),
  route({
    method: 'post',
    path: '/v1/requests/{request}/accept',
    tag,
    summary: 'Accept a request',
    description: 'The two users are contacts from then on, and the clients of the other are told.',
    access: 'client',
    params: requestParams,
    body: z.strictObject({ ciphertext: bytesIn.optional().describe('An answer to whoever asked, opaque here') }),
    success: positionOnly,
    problems: ['no-such-request'],
    known: knownOfContacts(deps),
    answer: async ({ principal: { user }, params: { request }, body, command }) => {
      const { ciphertext } = body
      const tooLarge = ciphertext === undefined ? undefined : overSize(ciphertext, deps.limits)
      if (tooLarge !== undefined) return tooLarge
      const answer = ciphertext === undefined ? undefined : toBase64url(ciphertext)
      return decideFor(deps, user, command, acceptConnection({ user, request, ciphertext: answer }))
    },
  }),
  route({
    method: 'post',
    path: '/v1/requests/{request}/reject',
    tag,
    summary: 'Reject a request',
    description: 'The clients of the other user are told.',
    access: 'client',
    params: requestParams,
    success: positionOnly,
    problems: ['no-such-request'],
    known: knownOfContacts(deps),
    answer: ({ principal: { user }, params: { request }, command }) =>
      decideFor(deps, user, command, rejectConnection({ user, request })),
  }),
]

const blockRoutes = (deps: ContactRoutesDependencies): readonly Route[] => [
  route({
    method: 'put',
    path: '/v1/blocks/{user}',
    tag,
    summary: 'Block a user',
    description: 'It can neither find you, ask you for contact nor claim your KeyPackages, and is not told why.',
    access: 'client',
    params: userParams,
    success: positionOnly,
    problems: ['limit-reached'],
    known: knownOfContacts(deps),
    answer: ({ principal: { user }, params: { user: blocked }, command }) =>
      decideFor(deps, user, command, blockUser({ user, blocked, blockedMax: deps.limits.usersBlockedMax })),
  }),
  route({
    method: 'delete',
    path: '/v1/blocks/{user}',
    tag,
    summary: 'Unblock a user',
    description: 'It can find you and ask you again.',
    access: 'client',
    params: userParams,
    success: positionOnly,
    problems: [],
    known: knownOfContacts(deps),
    answer: ({ principal: { user }, params: { user: blocked }, command }) =>
      decideFor(deps, user, command, unblockUser({ user, blocked })),
  }),
]

/** Of commands whose event stands with the contacts of the user who asks. */
const knownOfContacts =
  ({ streams }: ContactRoutesDependencies) =>
  ({ principal, command }: Pick<Ask<ClientPrincipal, unknown, unknown, unknown>, 'principal' | 'command'>) =>
    streams.knows(contactsAggregate, contactsStream(principal.user), command)

type Request = { readonly user: UserId; readonly from: UserId; readonly ciphertext: Uint8Array }

const isHere = ({ domain }: Pick<ContactRoutesDependencies, 'domain'>, user: UserId): boolean =>
  domainOf(user) === domain

const ask = async (
  { streams, limits }: ContactRoutesDependencies,
  { user, from, ciphertext }: Request,
  command: CommandContext,
): Promise<CommandReply> => {
  const tooLarge = overSize(ciphertext, limits)
  if (tooLarge !== undefined) return tooLarge
  const { state } = await streams.read(userAggregate, userStream(user))
  // Derived, so that the same command names the same request however often it is sent.
  const request = derivedId(command.id, 'requestConnection')
  const asked = { user, from, request, ciphertext: toBase64url(ciphertext) }
  const outcome = await streams.execute(
    contactsAggregate,
    contactsStream(user),
    command,
    // Executed all the same: a command that is known gets its first result, whatever is decided by now.
    state.status === 'active'
      ? requestConnection({ ...asked, pendingMax: limits.connectionRequestsPendingMax })
      : () => noSuchUser,
  )
  return 'rejected' in outcome ? outcome : { status: 202, body: { request }, ...recordedIn(outcome) }
}

/** Told to the other server by and by (federation/contacts). */
const seek = async (
  { streams, limits, others }: ContactRoutesDependencies,
  { user, from, ciphertext }: Request,
  command: CommandContext,
): Promise<CommandReply> => {
  const tooLarge = overSize(ciphertext, limits)
  if (tooLarge !== undefined) return tooLarge
  if (others === undefined) return noSuchUser
  const domain = domainOf(user)
  const request = derivedId(command.id, 'requestConnection')
  const asked = { user, from, request, ciphertext: toBase64url(ciphertext), at: command.at }
  const decide = seekContact({
    ...asked,
    pendingMax: limits.connectionRequestsPendingMax,
    afreshMs: limits.peerQueueAgeMsMax,
  })
  const isSpokenTo = await others.speaksTo(domain)
  const outcome = await streams.execute(
    contactsAggregate,
    contactsStream(from),
    command,
    isSpokenTo ? decide : () => reject({ code: 'peer-not-federating', domain }),
  )
  return 'rejected' in outcome ? outcome : { status: 202, body: { request }, ...recordedIn(outcome) }
}

const noSuchUser: Rejected = reject({ code: 'no-such-user' })

const overSize = (ciphertext: Uint8Array, { connectionRequestBytesMax: max }: Limits): Rejected | undefined =>
  ciphertext.length > max ? reject({ code: 'too-large', max, actual: ciphertext.length }) : undefined

const decideFor = async (
  { streams }: ContactRoutesDependencies,
  user: UserId,
  command: CommandContext,
  decide: (state: ContactsState) => Decision<ContactsEvent>,
): Promise<CommandReply> => {
  const outcome = await streams.execute(contactsAggregate, contactsStream(user), command, decide)
  return positionReply(outcome)
}
