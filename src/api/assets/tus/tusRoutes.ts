/** Resumable uploads: what came stays, part by part, and the upload goes on from there, at whichever process. */
import { z } from 'zod'
import { assetAggregate } from '../../../commands/asset/asset.js'
import type { Reserved, Stored } from '../../../commands/asset/asset.js'
import { deleteAsset } from '../../../commands/asset/ending.js'
import { assetStream } from '../../../events/asset.js'
import { described, timeOut } from '../../../contract/fields.js'
import type { Limits } from '../../../limits/limits.js'
import type { Rejected } from '../../../streams/rejection.js'
import type { Ask, HeaderShape, Reply } from '../../http/route.js'
import type { ClientPrincipal } from '../../principal.js'
import { route } from '../../door.js'
import type { Route } from '../../door.js'
import { assetParams, tag } from '../assetDependencies.js'
import type { AssetDependencies } from '../assetDependencies.js'
import { refusedOfAny, refusedOfBytes, refusedOfCreation, tusExtensions, tusMedia, tusVersion } from './tusProtocol.js'
import { makeTusServer } from './tusServer.js'
import type { TusRequest, TusServer } from './tusServer.js'

const path = '/v1/assets/{asset}/upload'
type Asked = Ask<ClientPrincipal, z.infer<typeof assetParams>, undefined, undefined>

const header = (description: string, schema: z.ZodType, required = false): HeaderShape => ({
  description,
  schema,
  ...(required ? { required } : {}),
})
const bytes = (description: string) => described(z.coerce.number().int().min(0), description, 1_048_576)
const version = { 'Tus-Resumable': header('The version of tus', described(z.string(), '1.0.0', tusVersion), true) }
const offset = { 'Upload-Offset': header('How many bytes are there', bytes('Bytes')) }
const length = { 'Upload-Length': header('How many were reserved', bytes('Bytes')) }
const expires = {
  'Upload-Expires': header(
    'Until then the bytes must have come',
    described(z.string(), 'An HTTP date', 'Tue, 01 Dec 2026 10:00:00 GMT'),
  ),
}
const problems = ['no-such-asset', 'tus-version', 'digest-mismatch', 'upload-under-way'] as const

export const tusRoutes = (deps: AssetDependencies): readonly Route[] => {
  const tus = makeTusServer(deps.uploads)
  const common = { path, tag, access: 'client', params: assetParams } as const
  return [
    route({
      ...common,
      method: 'post',
      summary: 'Begin a resumable upload (tus 1.0)',
      description: 'Of an asset that this client reserved. Asked again it changes nothing: the upload goes on.',
      headers: { ...version, 'Upload-Length': header('The size that was reserved', bytes('Bytes'), true) },
      success: {
        status: 201,
        body: z.object({ expires: timeOut.describe('Until then its bytes must have come, ms since 1970') }),
        headers: { ...version, ...expires, Location: location },
      },
      problems: [...problems, 'too-large'],
      known: 'unrecorded',
      answer: (ask) => answered(deps, tus, ask, 'POST', ({ size }) => refusedOfCreation(ask.header, size)),
    }),
    route({
      ...common,
      method: 'head',
      options: tusOptions(deps.limits),
      summary: 'Ask how far a resumable upload is',
      description: 'To go on from there. An upload under way on another connection is ended: what came of it stays.',
      headers: version,
      success: { status: 204, headers: { ...version, ...offset, ...length, ...expires } },
      problems,
      answer: (ask) => answered(deps, tus, ask, 'HEAD', () => undefined),
    }),
    route({
      ...common,
      method: 'patch',
      summary: 'Bring more bytes of a resumable upload',
      description:
        'From `Upload-Offset` on, which is how many are there (409 where it is not). With the last of them the asset is stored, if they have the digest that was reserved.',
      streamed: tusMedia,
      headers: { ...version, 'Upload-Offset': header('Where they begin', bytes('Bytes'), true) },
      success: { status: 204, headers: { ...version, ...offset, ...expires } },
      problems: [...problems, 'version-mismatch', 'upload-too-slow', 'limit-reached'],
      known: 'unrecorded',
      answer: (ask) => answered(deps, tus, ask, 'PATCH', () => refusedOfBytes(ask.header)),
    }),
    route({
      ...common,
      method: 'delete',
      summary: 'Give a resumable upload up',
      description: 'What came is gone, and so is the asset: its reservation counts no more.',
      headers: version,
      success: { status: 204, headers: version },
      problems,
      known: 'unrecorded',
      answer: (ask) => terminated(deps, ask),
    }),
  ]
}

const location = header('The same address', described(z.string(), 'A URL', 'upload'))
const tusHeader = { 'tus-resumable': tusVersion }

/** What a preflight of the address tells whoever speaks tus, of the server as such. */
const tusOptions = (limits: Pick<Limits, 'assetBytesMax'>) => (): Readonly<Record<string, string>> => ({
  ...tusHeader,
  'tus-version': tusVersion,
  'tus-extension': tusExtensions,
  'tus-max-size': String(limits.assetBytesMax),
})

/** Who asks is held against the reservation before anything else happens, and again once the upload is alone. */
const answered = async (
  deps: AssetDependencies,
  tus: TusServer,
  ask: Asked,
  method: TusRequest['method'],
  refuse: (asset: Reserved | Stored) => Rejected | undefined,
): Promise<Reply> => {
  const { uploads } = deps
  const { principal, params, header } = ask
  const before = await uploads.authorise(params.asset, principal.client)
  if ('rejected' in before) return before
  const refused = refusedOfAny(header) ?? refuse(before) ?? (method === 'PATCH' ? await paid(ask, before) : undefined)
  if (refused !== undefined) return refused
  return uploads.alone(params.asset, async ({ signal }) => {
    const asset = await finished(deps, ask, await uploads.authorise(params.asset, principal.client))
    if ('rejected' in asset) return asset
    const offset = asset.status === 'stored' ? asset.size : await uploads.offset(params.asset)
    const body = ask.incoming?.bytes
    const headers = headersFor(ask, method)
    const answer = await tus({ method, headers, ...(body === undefined ? {} : { body }), asset, offset, signal })
    if ('rejected' in answer) return answer
    if (asset.status === 'reserved' && method === 'PATCH' && answer.offset === asset.size) {
      const outcome = await uploads.finish(asset, ask.command, answer.digest)
      if ('rejected' in outcome) return outcome
    }
    return replyOf(answer, asset)
  })
}

/** All bytes may be there, and not recorded: a process died in between. Nobody will bring more of them. */
const finished = async (
  { uploads }: AssetDependencies,
  { command }: Asked,
  asset: Reserved | Stored | Rejected,
): Promise<Reserved | Stored | Rejected> => {
  if ('rejected' in asset || asset.status === 'stored') return asset
  if ((await uploads.offset(asset.asset)) < asset.size) return asset
  const outcome = await uploads.finish(asset, command)
  if ('rejected' in outcome) return outcome
  return outcome.state.status === 'stored' ? outcome.state : asset
}

/** Attempts count, whether or not they succeed: those that say how long they are by that, others by all that may come. */
const paid = ({ principal, charge, incoming, header }: Asked, { size }: Reserved | Stored) => {
  const left = Math.max(0, size - Number(header('upload-offset')))
  const cost = Math.min(left, incoming?.length ?? left)
  return charge(principal.client, [{ rate: 'assetBytesPerUser', key: principal.user, cost }])
}

const told = ['upload-length', 'upload-offset', 'content-type', 'content-length'] as const

const headersFor = ({ header }: Asked, method: TusRequest['method']): Readonly<Record<string, string>> => {
  const names = told.filter((name) => method === 'PATCH' || name === 'upload-length')
  const said = names.flatMap((name) => {
    const value = header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...tusHeader, ...Object.fromEntries(said) }
}

const repeated = ['location', 'upload-offset', 'upload-length'] as const

const replyOf = (
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  asset: Reserved | Stored,
): Reply => {
  const said = repeated.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  const until = asset.status === 'reserved' ? { 'upload-expires': new Date(asset.expires).toUTCString() } : {}
  const all = { ...tusHeader, ...Object.fromEntries(said), ...until }
  return status === 201 ? { status, headers: all, body: { expires: asset.expires } } : { status: 204, headers: all }
}

const terminated = async (deps: AssetDependencies, { principal, params, command, header }: Asked): Promise<Reply> => {
  const { streams, uploads } = deps
  const before = await uploads.authorise(params.asset, principal.client)
  const refused = 'rejected' in before ? before : refusedOfAny(header)
  if (refused !== undefined) return refused
  return uploads.alone(params.asset, async () => {
    const decide = deleteAsset(principal.user)
    const outcome = await streams.execute(assetAggregate, assetStream(params.asset), command, decide)
    if ('rejected' in outcome) return outcome
    await uploads.discard(params.asset)
    return { status: 204, headers: tusHeader }
  })
}
