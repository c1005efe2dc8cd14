/** Clients: further ones by the approval of an existing one, further keys, removal, and whose certificates they hold. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected } from '../../streams/rejection.js'
import { addClient, addKey, removeClient, userAggregate } from '../../commands/account/user.js'
import type { Approval } from '../../commands/account/user.js'
import { userStream } from '../../events/user.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { costOfCommand } from '../http/budgets/budgets.js'
import { certificateChain } from '../../contract/clients.js'
import { clientUri, described, placed, userUri } from '../../contract/fields.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { recordedIn } from '../http/place.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'
import { verifyApproval } from './approval.js'
import { admitClient } from './newClient.js'
import type { NewClientDependencies } from './newClient.js'
import { knownOfUser, registeredClient } from './users.js'
import { takeKeyOf } from '../../commands/chains/vouchedOnce.js'
import { chainOf, csrField, keyHashOf, readRequestOf, vouchFor } from './vouching.js'

export type ClientRoutesDependencies = NewClientDependencies & {
  /** Where this server is reached; approvals name the route they are for. */
  readonly publicUrl: () => string
}

const tag = 'Authentication Service'
const clientsPath = '/v1/clients'
const keysPath = '/v1/clients/me/keys'
const jws = described(
  z.string().max(4_096),
  'A JWS of a client of the user that lets this happen',
  'eyJhbGciOiJFZERTQSJ9.eyJpYXQiOjF9.c2ln',
)
const addition = z.strictObject({ user: userUri, client: clientUri, csr: csrField, approval: jws })
const keyAddition = z.strictObject({ csr: csrField, approval: jws })

export const clientRoutes = (deps: ClientRoutesDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: clientsPath,
    tag,
    summary: 'Add a client to a user',
    description:
      '`approval` is a JWS by an existing client’s key, header {alg, kid: its URI}, over {aud: this URL, iat, jti, ' +
      'csr: base64url(SHA-256(csr))}. It is recorded, and every client of the user is told.',
    access: 'anonymous',
    body: addition,
    success: { status: 201, body: registeredClient },
    problems: ['identity-mismatch', 'already-exists', 'not-allowed', 'no-such-user', 'limit-reached', 'user-disabled'],
    known: ({ body, command }) => deps.streams.knows(userAggregate, userStream(body.user), command),
    answer: (ask) => add(deps, ask),
  }),
  route({
    method: 'post',
    path: keysPath,
    tag,
    summary: 'Add a signature key of another scheme to your client',
    description: '`approval` as for a new client, by any client of the user, this one included; aud is this URL.',
    access: 'client',
    body: keyAddition,
    success: { status: 201, body: z.object({ certificates: certificateChain, ...placed }) },
    problems: ['identity-mismatch', 'already-exists', 'no-such-client', 'no-such-user'],
    known: knownOfUser(deps),
    answer: ({ principal, body, command }) => addKeyTo(deps, { ...principal, ...body }, command),
  }),
  route({
    method: 'delete',
    path: '/v1/clients/{client}',
    tag,
    summary: 'Remove one of your clients',
    description: 'It is cut off at once, its certificates are revoked, and its groups must remove it.',
    access: 'client',
    params: z.strictObject({ client: clientUri }),
    success: positionOnly,
    problems: ['no-such-client'],
    known: knownOfUser(deps),
    answer: async ({ principal, params: { client }, command }) => {
      const outcome = await deps.streams.execute(
        userAggregate,
        userStream(principal.user),
        command,
        removeClient({ client, reason: 'requested', by: principal.client }),
      )
      return positionReply(outcome)
    },
  }),
]

type Added = Pick<Ask<unknown, unknown, unknown, z.infer<typeof addition>>, 'body' | 'command' | 'charge'>

const add = async (deps: ClientRoutesDependencies, { body, command, charge }: Added): Promise<CommandReply> => {
  const { user, client, csr } = body
  const request = await readRequestOf(deps.authority, csr, { user, client })
  if ('rejected' in request) return request
  const approval = await approvedRequest(deps, { ...body, path: clientsPath, at: command.at })
  if ('rejected' in approval) return approval
  const unpaid = await charge(approval.by, costOfCommand({ client: approval.by, user }, csr.length))
  if (unpaid !== undefined) return unpaid
  const { clientsPerUserMax } = deps.limits
  return admitClient(deps, command, {
    user,
    client,
    request,
    decide: (made) => addClient({ ...made, approval, clientsPerUserMax }),
  })
}

type KeyAddition = z.infer<typeof keyAddition> & { readonly user: UserId; readonly client: ClientId }

const addKeyTo = async (
  deps: ClientRoutesDependencies,
  asked: KeyAddition,
  command: CommandContext,
): Promise<CommandReply> => {
  const { user, client } = asked
  const request = await readRequestOf(deps.authority, asked.csr, { user, client })
  if ('rejected' in request) return request
  const approval = await approvedRequest(deps, { ...asked, path: keysPath, at: command.at })
  if ('rejected' in approval) return approval
  const key = await vouchFor(deps.authority, request, command.at, deps.limits.certificateMs)
  const decide = addKey({ client, key, approval })
  const stream = userStream(user)
  const { state } = await deps.streams.read(userAggregate, stream)
  if (!('rejected' in decide(state))) {
    const taken = await takeKeyOf(deps.streams, command, { client, keyHash: keyHashOf(request) })
    if (taken !== undefined) return taken
  }
  const outcome = await deps.streams.execute(userAggregate, stream, command, decide)
  if ('rejected' in outcome) return outcome
  const [event] = outcome.recorded
  if (event?.type !== 'ClientKeyAdded') throw new Error('adding a key recorded something else')
  return { status: 201, body: { certificates: chainOf(event.data.key) }, ...recordedIn(outcome) }
}

const approvedRequest = (
  deps: ClientRoutesDependencies,
  { user, csr, approval, path, at }: Omit<KeyAddition, 'client'> & { readonly path: string; readonly at: number },
): Promise<Approval | Rejected> => {
  const claims = { csr: createHash('sha256').update(csr).digest('base64url') }
  return verifyApproval(deps, { user, approval, audience: deps.publicUrl() + path, at, claims })
}
