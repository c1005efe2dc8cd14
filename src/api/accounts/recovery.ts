/** Coming back after the last device is gone: a recovery key is set by a client, and lets in one new one. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { recoverClient, notRecovered, setRecoveryKey } from '../../commands/account/recovery.js'
import { userAggregate } from '../../commands/account/user.js'
import { takeUnusedKeyOf } from '../../commands/chains/vouchedOnce.js'
import { userStream } from '../../events/user.js'
import { importPublicKey } from '../../mls/crypto/nodeCrypto.js'
import { signatureSchemes } from '../../mls/crypto/signatureScheme.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { idBytes, makeId } from '../../mls/wire/ids.js'
import type { UserId } from '../../mls/wire/ids.js'
import { clientUri, described, userUri } from '../../contract/fields.js'
import { reject } from '../../streams/rejection.js'
import type { CommandContext } from '../../streams/decider.js'
import { costOfCommand } from '../http/budgets/budgets.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import type { Ask, CommandReply, Reply } from '../http/route.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { approvingKey, verifyApproval } from './approval.js'
import { admitClient } from './newClient.js'
import type { NewClientDependencies } from './newClient.js'
import { freshIdsAnswer, knownOfUser, registeredClient } from './users.js'
import { csrField, readRequestOf } from './vouching.js'

export type RecoveryRoutesDependencies = NewClientDependencies & {
  readonly publicUrl: () => string
  /** By everything acknowledged so far, whose recovery key has this locator. */
  readonly recoverableBy: (locatorHash: string) => Promise<UserId | undefined>
}

const tag = 'Authentication Service'
const recoveryPath = '/v1/recovery'
const recoveryKeyPath = '/v1/users/me/recovery'
const digestText = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const locator = described(
  z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  'Of 16 bytes that are made of the code: they find the key, and do not make it',
  'q83vEjRWeJCrze8SNFZ4kA',
)
const jws = described(z.string().max(4_096), 'A JWS that lets this happen', 'eyJhbGciOiJFZERTQSJ9.eyJpYXQiOjF9.c2ln')
const setting = z.strictObject({
  publicKey: described(digestText, 'Ed25519, 32 bytes', '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'),
  locatorHash: described(digestText, 'SHA-256 of the locator', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'),
  approval: jws,
})
const recovery = z.strictObject({ user: userUri, client: clientUri, locator, csr: csrField, approval: jws })

export const recoveryRoutes = (deps: RecoveryRoutesDependencies): readonly Route[] => [
  route({
    method: 'put',
    path: recoveryKeyPath,
    tag,
    summary: 'Set your recovery key',
    description:
      'It replaces the one before. `approval` is a JWS as for a new client, aud this URL, with the claims `publicKey` and ' +
      '`locatorHash`. Every client of the user is told.',
    access: 'client',
    body: setting,
    success: positionOnly,
    problems: ['no-such-user', 'already-exists'],
    known: knownOfUser(deps),
    answer: ({ principal, body, command }) => setKey(deps, { ...body, user: principal.user }, command),
  }),
  route({
    method: 'post',
    path: `${recoveryPath}/ids`,
    tag,
    summary: 'Get ids for a client that comes by a recovery key',
    description: 'Whose key it is, and a client id for the certificate request.',
    access: 'anonymous',
    body: z.strictObject({ locator }),
    success: { status: 200, body: freshIdsAnswer },
    problems: ['not-allowed'],
    known: 'unrecorded',
    rates: ({ address }) => [byAddress(address)],
    answer: ({ body }) => freshIds(deps, body.locator),
  }),
  route({
    method: 'post',
    path: recoveryPath,
    tag,
    summary: 'Add a client by the recovery key',
    description:
      '`approval` is a JWS by the recovery key as for a new client, aud this URL. The key is spent by it, and every client of ' +
      'the user is told.',
    access: 'anonymous',
    body: recovery,
    success: { status: 201, body: registeredClient },
    problems: ['identity-mismatch', 'already-exists', 'not-allowed', 'limit-reached', 'user-disabled'],
    known: ({ body, command }) => deps.streams.knows(userAggregate, userStream(body.user), command),
    rates: ({ address, body }) => [byAddress(address), { rate: 'recoveriesPerCode', key: hashOf(body.locator) }],
    answer: (ask) => recover(deps, ask),
  }),
]

const byAddress = (address: string): Charge => ({ rate: 'recoveriesPerAddress', key: address })

const hashOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')
const locatorHashOf = (locator: string): string => hashOf(Buffer.from(locator, 'base64url'))

type Setting = z.infer<typeof setting> & { readonly user: UserId }

const setKey = async (
  deps: RecoveryRoutesDependencies,
  { user, publicKey, locatorHash, approval: signed }: Setting,
  command: CommandContext,
): Promise<CommandReply> => {
  const key = fromBase64url(publicKey)
  if (key === undefined || importPublicKey(signatureSchemes.Ed25519, key) === undefined)
    return reject({ code: 'malformed', detail: 'body.publicKey: no Ed25519 key' })
  const approval = await verifyApproval(deps, {
    user,
    approval: signed,
    audience: deps.publicUrl() + recoveryKeyPath,
    at: command.at,
    claims: { publicKey, locatorHash },
  })
  if ('rejected' in approval) return approval
  const decide = setRecoveryKey({ publicKey, locatorHash, approval })
  const { state } = await deps.streams.read(userAggregate, userStream(user))
  if (!('rejected' in decide(state))) {
    const taken = await takeUnusedKeyOf(deps.streams, command, { client: approval.by, keyHash: hashOf(key) })
    if (taken !== undefined) return taken
  }
  return positionReply(await deps.streams.execute(userAggregate, userStream(user), command, decide))
}

const freshIds = async (deps: RecoveryRoutesDependencies, locator: string): Promise<Reply> => {
  const { authority, random } = deps
  const user = await deps.recoverableBy(locatorHashOf(locator))
  if (user === undefined) return reject(notRecovered)
  return { status: 200, body: { user, client: makeId('client', authority.domain, random.bytes(idBytes)) } }
}

type Recovery = Pick<Ask<unknown, unknown, unknown, z.infer<typeof recovery>>, 'body' | 'command' | 'charge'>

const recover = async (
  deps: RecoveryRoutesDependencies,
  { body, command, charge }: Recovery,
): Promise<CommandReply> => {
  const { user, client, csr } = body
  const request = await readRequestOf(deps.authority, csr, { user, client })
  if ('rejected' in request) return request
  const recoveryKey = await recoveryKeyIn(deps, body, command.at)
  const unpaid =
    recoveryKey === undefined ? undefined : await charge(client, costOfCommand({ client, user }, csr.length))
  if (unpaid !== undefined) return unpaid
  const { clientsPerUserMax } = deps.limits
  const locatorHash = locatorHashOf(body.locator)
  const { approval } = body
  return admitClient(deps, command, {
    user,
    client,
    request,
    // Executed all the same: a command that is known gets its first result, though the key is spent by now.
    decide: (made) =>
      recoveryKey === undefined
        ? () => reject(notRecovered)
        : recoverClient({ ...made, recoveryKey, locatorHash, approval, clientsPerUserMax }),
  })
}

/** The user's recovery key, where it signed the approval. */
const recoveryKeyIn = async (
  { streams, publicUrl }: RecoveryRoutesDependencies,
  { user, csr, approval }: Recovery['body'],
  at: number,
): Promise<string | undefined> => {
  const { state } = await streams.read(userAggregate, userStream(user))
  if (state.status !== 'active' || state.recovery === undefined) return undefined
  const asked = { approval, audience: publicUrl() + recoveryPath, at, claims: { csr: hashOf(csr) } }
  const { publicKey } = state.recovery
  return (await approvingKey([{ algorithm: 'Ed25519', publicKey }], asked))?.publicKey
}
