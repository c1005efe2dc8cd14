/** Accounts: fresh ids, registration, and what a user changes of itself. */
import { z } from 'zod'
import type { OwnerOf } from './ownerOf.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { foldHandle, handleHash } from '../../commands/account/handleReservation.js'
import { changePolicy, deleteUser, userAggregate } from '../../commands/account/user.js'
import type { RegisterUser, UserPolicy } from '../../commands/account/user.js'
import { noInvitation } from '../../commands/account/invitation.js'
import type { Admission } from '../../commands/chains/admission.js'
import { runRegistration } from '../../commands/chains/registration.js'
import { certificateChain } from '../../contract/clients.js'
import { invitationField } from '../../contract/invitations.js'
import type { RegistrationMode } from '../../events/operators.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { hashOfToken } from '../tokens/operatorToken.js'
import { decryptUnderSubjectKey, encryptUnderSubjectKey, nonceBytes } from '../../events/form/underSubjectKey.js'
import { claimPolicy, discovery, userStream } from '../../events/user.js'
import type { VouchedKey } from '../../events/user.js'
import { domainOf, idBytes, makeId } from '../../mls/wire/ids.js'
import type { ClientId, QueueId, UserId } from '../../mls/wire/ids.js'
import type { Authority, CertificateRequest } from '../../ports/authority.js'
import type { Keys } from '../../ports/keys.js'
import type { Limits } from '../../limits/limits.js'
import type { Random } from '../../ports/random.js'
import { clientUri, described, named, placed, queueUri, userUri } from '../../contract/fields.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { recordedIn } from '../http/place.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Recorded } from '../http/place.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import type { CommandReply, Reply } from '../http/route.js'
import { chainOf, csrField, keyHashOf, readRequestOf, vouchFor } from './vouching.js'

export type UserRoutesDependencies = {
  readonly streams: Streams
  readonly authority: Authority
  readonly keys: Keys
  readonly ownerOf: OwnerOf
  /** Who may register, as it is now in every process. */
  readonly registration: () => Promise<RegistrationMode>
  readonly limits: Limits
  readonly random: Random
}

const tag = 'Authentication Service'

/** What a registered client needs: its names, its direct queue, the chain for its credential. */
export const freshIdsAnswer = z
  .object({ user: userUri, client: clientUri })
  .meta({ title: 'FreshIds', description: 'Ids for a certificate request' })

export const registeredClient = z
  .object({
    user: userUri,
    client: clientUri,
    directQueue: queueUri.describe('Its direct queue: notices of the account, opened by the client’s token'),
    certificates: certificateChain,
    ...placed,
  })
  .meta({ title: 'RegisteredClient', description: 'A client that this server vouches for' })

const handle = described(z.string().max(64), 'How people find the user: 3 to 32 of a-z, 0-9, ".", "_", "-"', 'alice')
const discoveryField = named(discovery, {
  title: 'DiscoveryPolicy',
  description: 'Who finds the user: by its whole handle, by the beginning of it, or nobody',
  example: 'exact',
})
const claimsField = named(claimPolicy, {
  title: 'ClaimPolicy',
  description: 'Who may claim its KeyPackages',
  example: 'anyone',
})

const registration = z.strictObject({
  user: userUri,
  client: clientUri,
  handle,
  csr: csrField,
  discovery: discoveryField.default('exact'),
  claims: claimsField.default('anyone'),
  invitation: invitationField.optional().describe('Where one is needed, or keeps the handle'),
})

export const userRoutes = (deps: UserRoutesDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/ids',
    tag,
    summary: 'Get fresh ids',
    description: 'A user and a client id to put into a certificate request; with `user`, a client id for that user.',
    access: 'anonymous',
    body: z.strictObject({ user: userUri.optional().describe('For a further client of that user') }),
    success: { status: 200, body: freshIdsAnswer },
    problems: ['identity-mismatch'],
    known: 'unrecorded',
    answer: ({ body }) => Promise.resolve(freshIds(deps, body.user)),
  }),
  route({
    method: 'post',
    path: '/v1/users',
    tag,
    summary: 'Register a user with its first client',
    description:
      '`csr` is a PKCS#10 request signed by the MLS signature key, whose subjectAltName holds exactly the two ids.',
    access: 'anonymous',
    body: registration,
    success: { status: 201, body: registeredClient },
    problems: ['identity-mismatch', 'already-exists', 'not-allowed', 'invitation-needed'],
    known: ({ body, command }) => deps.streams.knows(userAggregate, userStream(body.user), command),
    rates: ({ address, body }) => [
      { rate: 'registrationsPerAddress', key: address },
      // Whoever guessed too often waits until that is made up for; one that holds costs nothing.
      ...(body.invitation === undefined ? [] : [{ ...guesses(address), cost: 0 }]),
    ],
    costsMore: ({ address, body }, reply) =>
      body.invitation !== undefined && 'rejected' in reply && reply.rejected.code === 'invitation-needed'
        ? [guesses(address)]
        : [],
    answer: async ({ body, command }) => (await refusal(deps, body, command)) ?? register(deps, body, command),
  }),
  route({
    method: 'get',
    path: '/v1/users/me',
    tag,
    summary: 'See your account',
    description: 'What the server keeps of you; the place is that of what was read.',
    access: 'client',
    success: {
      status: 200,
      body: z.object({
        user: userUri,
        handle: handle.nullable().describe('Null once it cannot be read any more'),
        discovery: discoveryField,
        claims: claimsField,
        clients: z.array(clientUri).describe('The clients of the user'),
        recovery: described(z.boolean(), 'Whether a recovery key is set', true),
        ...placed,
      }),
    },
    problems: ['no-such-user'],
    answer: ({ principal, command }) => account(deps, principal.user, command.at),
  }),
  route({
    method: 'patch',
    path: '/v1/users/me',
    tag,
    summary: 'Change who may find you and claim your KeyPackages',
    description: 'What is left out stays as it is.',
    access: 'client',
    body: z.strictObject({ discovery: discoveryField.optional(), claims: claimsField.optional() }),
    success: positionOnly,
    problems: ['no-such-user'],
    known: knownOfUser(deps),
    answer: async ({ principal, body, command }) => {
      const stream = userStream(principal.user)
      const outcome = await deps.streams.execute(userAggregate, stream, command, changePolicy(definedOf(body)))
      return positionReply(outcome)
    },
  }),
  route({
    method: 'delete',
    path: '/v1/users/me',
    tag,
    summary: 'Delete your account',
    description: 'All its clients are cut off at once; what was encrypted about the person can never be read again.',
    access: 'client',
    success: positionOnly,
    problems: ['no-such-user', 'user-deleted'],
    known: knownOfUser(deps),
    answer: async ({ principal, command }) => {
      const outcome = await deps.streams.execute(userAggregate, userStream(principal.user), command, deleteUser())
      return positionReply(outcome)
    },
  }),
]

/** Of commands whose event stands with the user who asks. */
export const knownOfUser =
  ({ streams }: { readonly streams: Streams }) =>
  ({ principal, command }: { readonly principal: { readonly user: UserId }; readonly command: CommandContext }) =>
    streams.knows(userAggregate, userStream(principal.user), command)

const freshIds = ({ authority, random }: UserRoutesDependencies, user: UserId | undefined): Reply => {
  const { domain } = authority
  if (user !== undefined && domainOf(user) !== domain) {
    return reject({ code: 'identity-mismatch', detail: `only ids of ${domain} are made here` })
  }
  const client = makeId('client', domain, random.bytes(idBytes))
  return { status: 200, body: { user: user ?? makeId('user', domain, random.bytes(idBytes)), client } }
}

const guesses = (address: string): Charge => ({ rate: 'invitationGuessesPerAddress', key: address })

/** Of whom nobody lets in. What was let in before is answered as it was, whoever may come now. */
const refusal = async (
  { registration: mode, streams }: UserRoutesDependencies,
  { user, invitation }: z.infer<typeof registration>,
  command: CommandContext,
): Promise<Rejected | undefined> => {
  const now = await mode()
  if (now === 'open' || (now === 'invitation' && invitation !== undefined)) return undefined
  if (await streams.knows(userAggregate, userStream(user), command)) return undefined
  return now === 'closed' ? reject({ code: 'not-allowed', capability: 'register' }) : noInvitation
}

const register = async (
  deps: UserRoutesDependencies,
  body: z.infer<typeof registration>,
  command: CommandContext,
): Promise<CommandReply> => {
  const folded = foldHandle(body.handle)
  if (folded === undefined) {
    return reject({
      code: 'malformed',
      detail: 'body.handle: 3 to 32 of a-z, 0-9, ".", "_", "-", the first a letter or digit',
    })
  }
  const request = await readRequestOf(deps.authority, body.csr, body)
  if ('rejected' in request) return request
  const owner = await deps.ownerOf(body.client)
  if (owner !== undefined && owner !== body.user) return reject({ code: 'already-exists', what: 'client' })
  const hash = handleHash(deps.keys.server.handleKey, folded)
  const outcome = await runRegistration(deps.streams, command, {
    user: body.user,
    client: body.client,
    handleHash: hash,
    keyHash: keyHashOf(request),
    admission: body.invitation === undefined ? undefined : admissionBy(body.invitation, deps.random),
    prepare: () => prepare(deps, { ...body, handleHash: hash, request, at: command.at }),
  })
  if ('rejected' in outcome) return outcome
  const [first] = outcome.recorded
  if (first?.type !== 'UserRegistered') throw new Error('a registration recorded something else')
  return clientReply(body.user, first.data.first, outcome)
}

const attemptBytes = 12

const admissionBy = (invitation: string, random: Random): Admission => ({
  invitation: hashOfToken(invitation),
  attempt: toBase64url(random.bytes(attemptBytes)),
})

type Prepared = UserPolicy & {
  readonly user: UserId
  readonly client: ClientId
  readonly handle: string
  readonly handleHash: string
  readonly request: CertificateRequest
  readonly at: number
}

const prepare = async (deps: UserRoutesDependencies, asked: Prepared): Promise<RegisterUser> => {
  const { authority, keys, random, limits } = deps
  const { user, client, handle, handleHash, discovery, claims, request, at } = asked
  const key = await vouchFor(authority, request, at, limits.certificateMs)
  const subjectKey = await keys.subjects.create(user)
  const encrypted = encryptUnderSubjectKey(subjectKey, random.bytes(nonceBytes), { user, field: 'handle' }, handle)
  const directQueue = makeId('queue', authority.domain, random.bytes(idBytes))
  return { user, client, handle: encrypted, handleHash, discovery, claims, directQueue, key }
}

export const clientReply = (
  user: UserId,
  added: { readonly client: ClientId; readonly directQueue: QueueId; readonly key: VouchedKey },
  recorded: Recorded,
): CommandReply => {
  const { client, directQueue, key } = added
  return { status: 201, body: { user, client, directQueue, certificates: chainOf(key) }, ...recordedIn(recorded) }
}

const account = async ({ keys, streams }: UserRoutesDependencies, user: UserId, at: number): Promise<Reply> => {
  const { state, position } = await streams.read(userAggregate, userStream(user))
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  const { discovery, claims } = state
  const key = await keys.subjects.get(user)
  const name = key === undefined ? undefined : decryptUnderSubjectKey(key, { user, field: 'handle' }, state.handle)
  const clients = state.clients.map(({ client }) => client)
  return {
    status: 200,
    body: { user, handle: name ?? null, discovery, claims, clients, recovery: state.recovery !== undefined },
    place: { position, at },
  }
}

/** Without the fields that were left out. */
const definedOf = ({
  discovery,
  claims,
}: {
  readonly [Field in keyof UserPolicy]?: UserPolicy[Field] | undefined
}): Partial<UserPolicy> => ({
  ...(discovery === undefined ? {} : { discovery }),
  ...(claims === undefined ? {} : { claims }),
})
