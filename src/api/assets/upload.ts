/** The whole of an asset in one request, streamed: what breaks off leaves nothing behind. */
import { z } from 'zod'
import { assetAggregate } from '../../commands/asset/asset.js'
import type { Asset, Reserved, Stored } from '../../commands/asset/asset.js'
import { noSuchAsset, storeAsset } from '../../commands/asset/storage.js'
import { assetStream } from '../../events/asset.js'
import type { AssetEvent } from '../../events/asset.js'
import { described } from '../../contract/fields.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Incoming } from '../http/request/incoming.js'
import { recordedIn } from '../http/place.js'
import type { Ask, CommandReply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { assetParams, keptAnswer, knownOfAsset, tag } from './assetDependencies.js'
import type { AssetDependencies } from './assetDependencies.js'
import { sha256In } from './digestFields.js'

const contentDigest = {
  description: 'The SHA-256 of the body (RFC 9530): the one that was reserved',
  schema: described(z.string(), 'A dictionary of digests', 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'),
} as const

export const uploadRoute = (deps: AssetDependencies): Route =>
  route({
    method: 'put',
    path: '/v1/assets/{asset}',
    tag,
    summary: 'Upload an asset at once',
    description:
      'All bytes that were reserved, by the client that reserved it. What breaks off, comes too slowly or is something else leaves nothing behind. A newer upload of the same asset ends the older. Of what is stored already the answer is the same again.',
    access: 'client',
    params: assetParams,
    streamed: 'application/octet-stream',
    headers: { 'Content-Digest': { ...contentDigest, required: true } },
    success: { status: 201, body: keptAnswer },
    problems: ['no-such-asset', 'digest-mismatch', 'upload-too-slow', 'upload-under-way', 'limit-reached'],
    known: knownOfAsset(deps),
    answer: (ask) => upload(deps, ask),
  })

type Asked = Ask<ClientPrincipal, z.infer<typeof assetParams>, undefined, undefined>

const upload = async (deps: AssetDependencies, ask: Asked): Promise<CommandReply> => {
  const { principal, params, command, incoming, charge } = ask
  const { asset } = params
  const before = await deps.uploads.authorise(asset, principal.client)
  if ('rejected' in before) return before
  if (incoming === undefined) throw new Error('an upload without a body')
  const wrong = refusedBy(before, ask, incoming)
  if (before.status === 'stored') return replyOf(await storedBefore(deps, before, command, wrong))
  const refused =
    wrong ?? (await charge(principal.client, [{ rate: 'assetBytesPerUser', key: principal.user, cost: before.size }]))
  if (refused !== undefined) return refused
  const receiveAlone = async ({ signal }: { readonly signal: AbortSignal }) => {
    const now = await deps.uploads.authorise(asset, principal.client)
    if ('rejected' in now) return now
    if (now.status === 'stored') return storedBefore(deps, now, command)
    const received = await receive(deps, now, incoming, signal)
    return 'rejected' in received ? received : deps.uploads.finish(now, command, received.digest)
  }
  const outcome = await deps.uploads.alone(asset, receiveAlone, command.id)
  return replyOf(isGivenWay(outcome) ? await afterwards(deps, ask, outcome) : outcome)
}

const isGivenWay = (outcome: Outcome<Asset, AssetEvent>): outcome is Rejected =>
  'rejected' in outcome && outcome.rejected.code === 'upload-under-way'

/** The newer upload may have been the same request again: then what it stored answers both. */
const afterwards = async (
  deps: AssetDependencies,
  { principal, params: { asset }, command }: Asked,
  givenWay: Rejected,
): Promise<Outcome<Asset, AssetEvent>> => {
  await deps.uploads.ended(asset)
  const now = await deps.uploads.authorise(asset, principal.client)
  return 'rejected' in now || now.status !== 'stored' ? givenWay : storedBefore(deps, now, command)
}

/** What can be told before a byte is read. */
const refusedBy = (
  { size, digest }: Reserved | Stored,
  { header }: Asked,
  { length }: Incoming,
): Rejected | undefined => {
  if (header('content-range') !== undefined) return malformed('Content-Range: a PUT brings the whole asset')
  const said = sha256In(header('content-digest'))
  if (said === undefined) return malformed('Content-Digest: sha-256=:<base64>:')
  if (said !== digest) return reject({ code: 'digest-mismatch', expected: digest })
  if (length === undefined || length === size) return undefined
  return length > size
    ? reject({ code: 'too-large', max: size, actual: length })
    : malformed(`the body has ${length} bytes, ${size} were reserved`)
}

/** Whatever an attempt before left is replaced, and whatever this one leaves is removed. */
const receive = async (
  { uploads }: AssetDependencies,
  reserved: Reserved,
  { bytes }: Incoming,
  signal: AbortSignal,
): Promise<{ readonly digest: string | undefined } | Rejected> => {
  const { asset, size } = reserved
  await uploads.discard(asset)
  try {
    const { offset, digest, refused } = await uploads.appendParts(reserved, {
      offset: 0,
      stream: bytes,
      signal,
      keepRest: false,
    })
    if (refused === undefined && offset === size) return { digest }
    await uploads.discard(asset)
    return refused ?? malformed(`the body has ${offset} bytes, ${size} were reserved`)
  } catch (error) {
    await uploads.discard(asset).catch(() => undefined)
    throw error
  }
}

/** Nothing is left to do but to answer as it was answered then. Executed all the same where it is wrong: a command that is known is told so. */
const storedBefore = (
  { streams, limits }: AssetDependencies,
  { asset, size, digest }: Stored,
  command: CommandContext,
  wrong?: Rejected,
): Promise<Outcome<Asset, AssetEvent>> =>
  streams.execute(
    assetAggregate,
    assetStream(asset),
    command,
    wrong === undefined ? storeAsset({ digest, size, isTakenDown: false, at: command.at, limits }) : () => wrong,
  )

const replyOf = (outcome: Outcome<Asset, AssetEvent>): CommandReply => {
  if ('rejected' in outcome) return outcome
  if (outcome.state.status !== 'stored') return noSuchAsset
  return { status: 201, body: { expires: outcome.state.expires }, ...recordedIn(outcome) }
}
