/** KeyPackages: clients publish a stock of them, others claim one for each client they add. */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { OwnerOf } from '../accounts/ownerOf.js'
import type { CommandContext } from '../../streams/decider.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import type { Streams } from '../../streams/streams.js'
import { claimedIn, claimOfClient } from '../../commands/chains/claimOfClient.js'
import type { ClaimedKeyPackage as HandedOut } from '../../commands/chains/claimOfClient.js'
import { claimsOfUser, knowsClaimsOfUser } from '../../commands/chains/claimsOfUser.js'
import {
  deleteKeyPackages,
  keyPackagesAggregate,
  publishKeyPackages,
  stockOf,
} from '../../commands/keyPackages/keyPackages.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { clientOf, userAggregate } from '../../commands/account/user.js'
import type { UserClient } from '../../commands/account/user.js'
import { keyPackagesStream } from '../../events/keyPackages.js'
import type { StoredKeyPackage } from '../../events/keyPackages.js'
import { userStream } from '../../events/user.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, Domain, UserId } from '../../mls/wire/ids.js'
import { decodeMlsMessages } from '../../mls/wire/mlsMessage.js'
import { supportedSuites } from '../../mls/crypto/servedSuites.js'
import { readClaimedKeyPackage } from '../../mls/group/validateKeyPackage.js'
import type { ClaimedKeyPackage, ValidKeyPackage } from '../../mls/group/validateKeyPackage.js'
import { appendBytesMax } from '../../ports/eventStore.js'
import type { OtherServers } from '../../ports/peers.js'
import type { Limits } from '../../limits/limits.js'
import { bytesIn, bytesOut, cipherSuiteField, clientUri, described, placed, userUri } from '../../contract/fields.js'
import { refuseForeignIds } from '../http/request/foreignIds.js'
import { claimedElsewhere } from '../elsewhere/claimedElsewhere.js'
import { elsewhereProblems } from '../elsewhere/elsewhere.js'
import { rejectionOfHub } from '../elsewhere/hubRefusal.js'
import { aheadMsMax } from './keyPackageValidation.js'
import type { ValidateKeyPackages } from './keyPackageValidation.js'
import type { ClientPrincipal } from '../principal.js'
import { recordedIn } from '../http/place.js'
import { someUpTo } from '../http/withinLimits.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'

export type KeyPackageDependencies = {
  readonly streams: Streams
  readonly ownerOf: OwnerOf
  readonly validateKeyPackages: ValidateKeyPackages
  readonly domain: Domain
  readonly limits: Limits
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
}

const tag = 'KeyPackages'
const ref = bytesOut.describe('Its KeyPackageRef')
const lastResort = z.boolean().describe('Whether it is the one that is given when no other is left, again and again')
const claimedFields = {
  client: clientUri,
  keyPackage: bytesOut.describe('An MLSMessage'),
  ref,
  lastResort,
}
const claimed = z.object(claimedFields).meta({ title: 'ClaimedKeyPackage', description: 'A KeyPackage of a client' })
const missing = z
  .object({ client: clientUri, code: described(z.string(), 'Why, as the code of a problem', 'key-material-exhausted') })
  .meta({ title: 'MissingKeyPackage', description: 'A client that had none to give' })
const claimBody = z
  .strictObject({ cipherSuite: cipherSuiteField })
  .meta({ title: 'ClaimRequest', description: 'What is claimed' })
const userClaimBody = z
  .strictObject({
    cipherSuite: cipherSuiteField,
    request: bytesIn
      .optional()
      .describe('A KeyMaterialRequest that this client signed (docs/federation.md), for a user of another server'),
  })
  .meta({ title: 'UserClaimRequest', description: 'What is claimed, of a user of this server or of another' })
const upload = z.strictObject({
  keyPackages: z.array(bytesIn).min(1).describe('Each an MLSMessage'),
  replace: z.boolean().default(false).describe('Whether they take the place of the whole stock of their ciphersuites'),
})
const stock = z
  .object({
    cipherSuite: cipherSuiteField,
    count: described(z.number().int(), 'How many are left, without the last-resort one', 42),
    lastResort: z.boolean().describe('Whether there is a last-resort one'),
  })
  .meta({ title: 'Stock', description: 'What is left of one ciphersuite' })

export const keyPackageRoutes = (deps: KeyPackageDependencies): readonly Route[] => [
  ...refuseForeignIds(routesOf(deps), deps.domain, ['client']),
  // Those of another server's user are asked for there.
  claimOfUserRoute(deps),
]

const routesOf = (deps: KeyPackageDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/keyPackages',
    tag,
    summary: 'Publish KeyPackages',
    description:
      'Each an MLSMessage. As message/mls they stand one after another. A last-resort one takes the place of the one ' +
      'before it; `replace` puts the upload in the place of the whole stock of its ciphersuites.',
    access: 'client',
    body: upload,
    mls: true,
    success: { status: 201, body: z.object({ refs: z.array(ref).describe('In the order of the upload'), ...placed }) },
    problems: [
      'invalid-key-package',
      'invalid-leaf',
      'unsupported-ciphersuite',
      'unsupported-message',
      'limit-reached',
      'no-such-client',
    ],
    known: knownOfStock(deps),
    rates: ({ principal, body, mls }) => [
      { rate: 'keyPackageBytesPerClient', key: principal.client, cost: mls?.length ?? bytesOf(body.keyPackages) },
    ],
    answer: async ({ principal, body, mls, command }) => {
      const packages = mls === undefined ? body : unpack(mls, deps.limits)
      return 'rejected' in packages ? packages : publish(deps, principal, packages, command)
    },
  }),
  route({
    method: 'get',
    path: '/v1/keyPackages',
    tag,
    summary: 'See how many of your KeyPackages are left',
    description: 'Those that expired are not counted.',
    access: 'client',
    success: { status: 200, body: z.object({ stock: z.array(stock).describe('By ciphersuite') }) },
    problems: [],
    answer: async ({ principal, command }) => {
      const { state } = await deps.streams.read(keyPackagesAggregate, keyPackagesStream(principal.client))
      return { status: 200, body: { stock: stockOf(state, command.at) } }
    },
  }),
  route({
    method: 'delete',
    path: '/v1/keyPackages',
    tag,
    summary: 'Take KeyPackages back',
    description: 'Those that were handed out already are not there any more.',
    access: 'client',
    body: z.strictObject({
      refs: someUpTo(ref, deps.limits, 'keyPackagesPerClientMax').describe('Those to take back'),
    }),
    success: {
      status: 200,
      body: z.object({ deleted: z.array(ref).describe('Those that were still there'), ...placed }),
    },
    problems: ['invalid-key-package', 'no-such-client'],
    known: knownOfStock(deps),
    answer: async ({ principal: { client }, body, command }) => {
      const stream = keyPackagesStream(client)
      const outcome = await deps.streams.execute(
        keyPackagesAggregate,
        stream,
        command,
        deleteKeyPackages({ client, refs: body.refs, at: command.at }),
      )
      if ('rejected' in outcome) return outcome
      const deleted = outcome.recorded.flatMap((event) => (event.type === 'KeyPackagesDeleted' ? event.data.refs : []))
      return { status: 200, body: { deleted }, ...recordedIn(outcome) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/clients/{client}/keyPackages/claim',
    tag,
    summary: 'Claim a KeyPackage of one client',
    description: 'The oldest that has not expired, else the last-resort one. Nothing else is handed out twice.',
    access: 'client',
    params: z.strictObject({ client: clientUri }),
    body: claimBody,
    success: { status: 200, body: z.object({ ...claimedFields, ...placed }) },
    problems: ['no-such-client', 'key-material-exhausted'],
    known: ({ params, command }) => deps.streams.knows(keyPackagesAggregate, keyPackagesStream(params.client), command),
    rates: ({ principal, params }) => [claimCost(principal, params.client)],
    answer: async ({ principal, params: { client }, body, command }) => {
      const target = await deps.ownerOf(client)
      const claim = { target, client, suite: body.cipherSuite, by: principal.user }
      const outcome = await claimOfClient(deps.streams, command, claim)
      if ('rejected' in outcome) return outcome
      return { status: 200, body: shown(claimedIn(outcome)), ...recordedIn(outcome) }
    },
  }),
]

const claimOfUserRoute = (deps: KeyPackageDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/users/{user}/keyPackages/claim',
    tag,
    summary: 'Claim a KeyPackage of each client of a user',
    description:
      'Your own client is skipped. `missing` lists the clients that had none to give, and why. Of a user of another server it takes `request`, which says for which group, and is asked of the server of that group, and of the user’s.',
    access: 'client',
    params: z.strictObject({ user: userUri }),
    body: userClaimBody,
    example: { body: { cipherSuite: 1 } },
    success: {
      status: 200,
      body: z.object({
        keyPackages: z.array(claimed).describe('One of each client that had one'),
        missing: z.array(missing).describe('The clients that had none to give'),
        ...placed,
      }),
    },
    problems: [...claimProblems, ...elsewhereProblems],
    known: ({ params, command }) => knowsClaimsOfUser(deps.streams, command, params.user),
    rates: ({ principal, params }) => [claimCost(principal, params.user)],
    answer: async ({ principal, params: { user }, body, command }) => {
      if (domainOf(user) !== deps.domain) return claimFromElsewhere(deps, principal, { user, ...body }, command)
      if (body.request !== undefined) return malformed('body.request: only for a user of another server')
      const claim = { target: user, suite: body.cipherSuite, by: principal.user, byClient: principal.client }
      const outcome = await claimsOfUser(deps.streams, command, claim)
      if ('rejected' in outcome) return outcome
      const { claimed, missing } = outcome
      return { status: 200, body: { keyPackages: claimed.map(shown), missing }, ...recordedIn(outcome) }
    },
  })

const claimProblems = ['no-such-user', 'not-allowed', 'identity-mismatch', 'unsupported-message'] as const

type ClaimElsewhere = z.infer<typeof userClaimBody> & { readonly user: UserId }

/** Nothing of it stands in our log: what the client has seen of its own stream stands for it. */
const claimFromElsewhere = async (
  { streams, others }: KeyPackageDependencies,
  by: ClientPrincipal,
  { user: target, request }: ClaimElsewhere,
  { at }: CommandContext,
): Promise<CommandReply> => {
  if (others === undefined) return reject({ code: 'no-such-user' })
  if (request === undefined) return malformed('body.request: what this client signed, for a user of another server')
  const heard = await others.keyMaterial({ by, target, request })
  if ('refused' in heard) return rejectionOfHub(heard, [...claimProblems, ...elsewhereProblems], 'claimKeyPackages')
  const claimed = claimedElsewhere(target, heard)
  if ('rejected' in claimed) return claimed
  const { position } = await streams.read(userAggregate, userStream(by.user))
  return { status: 200, body: claimed, place: { position, at }, repeated: false }
}

/** Of commands whose event stands with the stock of the client that asks. */
const knownOfStock =
  ({ streams }: KeyPackageDependencies) =>
  ({ principal, command }: Pick<Ask<ClientPrincipal, unknown, unknown, unknown>, 'principal' | 'command'>) =>
    streams.knows(keyPackagesAggregate, keyPackagesStream(principal.client), command)

const bytesOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0)

const claimCost = ({ user }: ClientPrincipal, target: UserId | ClientId) =>
  ({ rate: 'claimsPerRequesterAndTarget', key: `${user} ${target}` }) as const

const shown = ({ client, keyPackage, ref, lastResort }: HandedOut) => ({ client, keyPackage, ref, lastResort })

type Upload = { readonly keyPackages: readonly Uint8Array[]; readonly replace: boolean }

const unpack = (mls: Uint8Array, { keyPackagesPerUploadMax, mlsBodyBytesMax }: Limits): Upload | Rejected => {
  // One more than allowed, so that too many are told so and not that bytes are left over.
  const messages = decodeMlsMessages(mls, keyPackagesPerUploadMax + 1, mlsBodyBytesMax)
  if (!messages.ok) return rejectionOf(messages.refusal, 'keyPackage')
  if (messages.value.length === 0) return reject({ code: 'malformed', detail: 'no KeyPackages' })
  return { keyPackages: messages.value.map(({ bytes }) => bytes), replace: false }
}

const publish = async (
  { streams, validateKeyPackages, limits }: KeyPackageDependencies,
  { user, client }: ClientPrincipal,
  { keyPackages, replace }: Upload,
  command: CommandContext,
): Promise<CommandReply> => {
  const { keyPackagesPerUploadMax: max } = limits
  if (keyPackages.length > max) return reject({ code: 'limit-reached', limit: 'keyPackagesPerUploadMax', max })
  const { state } = await streams.read(userAggregate, userStream(user))
  const own = clientOf(state, client)
  if (own === undefined) return reject({ code: 'no-such-client' })
  const packages = await storable(keyPackages, limits, command.at)
  if ('rejected' in packages) return packages
  const stream = keyPackagesStream(client)
  const publishing = { client, user, packages, replace, at: command.at, limits: { ...limits, uploadBytesMax } }
  const decide = publishKeyPackages(publishing)
  // Whether they go together, and into the stock, costs nothing: it is asked before their signatures are.
  const early = decide((await streams.read(keyPackagesAggregate, stream)).state)
  if (!('rejected' in early)) {
    for (const result of await validateKeyPackages(keyPackages, command.at)) {
      if (!result.ok) return rejectionOf(result.refusal, 'keyPackage')
      if (!isOwn(result.value, user, own)) return reject({ code: 'invalid-key-package', reason: 'identity' })
    }
  }
  // Executed all the same: a command that is known gets its first result, whatever is decided by now.
  const outcome = await streams.execute(
    keyPackagesAggregate,
    stream,
    command,
    'rejected' in early ? () => early : decide,
  )
  if ('rejected' in outcome) return outcome
  return { status: 201, body: { refs: packages.map(({ ref }) => ref) }, ...recordedIn(outcome) }
}

/** Read in one turn of the event loop. */
const packagesInOneTurn = 16

/** The packages as they would be stored, or why one of them cannot be, as far as can be told without its signatures. */
const storable = async (
  keyPackages: readonly Uint8Array[],
  { keyPackageBytesMax: maxBytes, keyPackageLifetimeMsMax }: Limits,
  now: number,
): Promise<readonly StoredKeyPackage[] | Rejected> => {
  const maxLifetimeS = Math.floor(keyPackageLifetimeMsMax / 1000)
  const packages: StoredKeyPackage[] = []
  for (const bytes of keyPackages) {
    const claimed = readClaimedKeyPackage(bytes, {
      maxBytes,
      maxLifetimeS,
      allowedSuites: supportedSuites,
      now,
      aheadMsMax,
    })
    if (!claimed.ok) return rejectionOf(claimed.refusal, 'keyPackage')
    packages.push(stored(claimed.value))
    if (packages.length % packagesInOneTurn === 0) await setImmediate()
  }
  return packages
}

/** Room for all else that stands in the event beside the packages: references, lifetimes, ids. */
const uploadBytesMax = appendBytesMax - 150_000

/** The credential and the signature key are those that the server vouched for, of this very client. */
const isOwn = ({ identity, leaf }: ValidKeyPackage, user: UserId, own: UserClient): boolean => {
  if (identity.user !== user || identity.client !== own.client || leaf.credential.type !== 'x509') return false
  const signatureKey = toBase64url(leaf.signatureKey)
  const certificate = toBase64url(leaf.credential.certificates[0] ?? new Uint8Array())
  return own.keys.some((key) => key.signatureKey === signatureKey && key.certificate === certificate)
}

const stored = (claimed: ClaimedKeyPackage): StoredKeyPackage => ({
  ref: toBase64url(claimed.ref),
  suite: claimed.cipherSuite,
  keyPackage: toBase64url(claimed.bytes),
  lastResort: claimed.lastResort,
  notBefore: claimed.notBefore,
  notAfter: claimed.notAfter,
})
