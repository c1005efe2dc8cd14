/** The bytes of an asset for whoever shows its capability: whole or a range, streamed. */
import { z } from 'zod'
import { assetAggregate } from '../../commands/asset/asset.js'
import type { Stored } from '../../commands/asset/asset.js'
import { noSuchAsset } from '../../commands/asset/storage.js'
import { assetStream } from '../../events/asset.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { bytesOut, described } from '../../contract/fields.js'
import { reject } from '../../streams/rejection.js'
import { elsewhereProblems } from '../elsewhere/elsewhere.js'
import type { HeaderShape, Reply } from '../http/route.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { assetParams, tag } from './assetDependencies.js'
import type { AssetDependencies } from './assetDependencies.js'
import { openedBy } from './capability.js'
import { digestField } from './digestFields.js'
import { isKnown, isSame, rangeIn } from './ranges.js'
import type { Range } from './ranges.js'
import { readStored } from './storedBytes.js'

const header = (description: string, example: string): HeaderShape => ({
  description,
  schema: described(z.string(), description, example),
})
const etagExample = '"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"'
const digestExample = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'

export const downloadRoute = (download: Download): Route =>
  route({
    method: 'get',
    path: '/v1/assets/{asset}',
    tag,
    summary: 'Download an asset',
    description:
      'Its bytes as they were uploaded; HEAD tells of them. A wrong or missing capability is answered as an unknown asset is. One range is answered as such; several in one request by the whole. An asset of another server is fetched from there a piece at a time: what it is that server says, and whoever opens it verifies.',
    access: 'client',
    params: assetParams,
    headers: {
      'Asset-Capability': {
        description: 'The 32 bytes whose hash was reserved, as they were shared inside MLS',
        required: true,
        schema: bytesOut,
      },
      Range: header('One range of bytes', 'bytes=0-1048575'),
      'If-Range': header('The ETag that the range is of: of another the whole is answered', etagExample),
      'If-None-Match': header('An ETag that is there already: 304', etagExample),
    },
    success: {
      status: 200,
      bytes: 'application/octet-stream',
      headers: {
        ETag: header('Strong: the bytes never change', etagExample),
        'Accept-Ranges': header('`bytes`', 'bytes'),
        'Repr-Digest': header('Of the whole, on a range too', digestExample),
        'Content-Digest': header('Of the body, which is the whole', digestExample),
      },
    },
    also: [
      { status: 206, description: 'The range, as Content-Range says', bytes: 'application/octet-stream' },
      { status: 304, description: 'It is there already' },
    ],
    problems: ['no-such-asset', 'range-not-satisfiable', ...elsewhereProblems],
    answer: ({ principal, params: { asset }, header }) => download(principal.user, asset, header),
  })

type Header = (name: string) => string | undefined

/** The answer to whoever asks for an asset, ours or another server's; `who`: for its share of what is passed on at once. */
export type Download = (who: string, asset: AssetId, header: Header) => Promise<Reply>

export const makeDownload =
  (deps: AssetDependencies): Download =>
  async (who, asset, header) => {
    const capability = header('asset-capability')
    if (domainOf(asset) === deps.domain) {
      const opened = await open(deps, asset, capability)
      if ('rejected' in opened) return opened
      return replyOf(opened, header, (from, to) => counted(deps, readStored(deps.bytes, asset, from, to)))
    }
    const { elsewhere } = deps
    if (elsewhere === undefined) return reject({ code: 'peer-not-federating', domain: domainOf(asset) })
    const asked = { who, asset, capability }
    const found = await elsewhere.look(asked)
    if ('rejected' in found) return found
    // What is taken down here goes out to nobody, whoever keeps it.
    if (await deps.uploads.isTakenDown(found.digest)) return noSuchAsset
    return replyOf(found, header, (from, to) => counted(deps, elsewhere.bytes({ ...asked, ...found }, from, to)))
  }

const open = async ({ streams, uploads }: AssetDependencies, asset: AssetId, capability: string | undefined) => {
  const { state } = await streams.read(assetAggregate, assetStream(asset))
  const opened = openedBy(state, capability)
  if ('rejected' in opened) return opened
  return (await uploads.isTakenDown(opened.digest)) ? noSuchAsset : opened
}

/** Opaque bytes: no browser makes anything of them. */
const asBytes = {
  'content-type': 'application/octet-stream',
  'content-disposition': 'attachment',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
}

type Bytes = (from: number, to: number) => AsyncIterable<Uint8Array>

const replyOf = ({ digest, size }: Pick<Stored, 'digest' | 'size'>, header: Header, bytes: Bytes): Reply => {
  const etag = `"${digest}"`
  const always = { etag, 'accept-ranges': 'bytes', 'repr-digest': digestField(digest) }
  if (isKnown(header('if-none-match'), etag)) return { status: 304, headers: always }
  const range = isSame(header('if-range'), etag) ? rangeIn(header('range'), size) : undefined
  if (range === 'unsatisfiable') return reject({ code: 'range-not-satisfiable', size })
  const stream = streamOf(bytes, range ?? { from: 0, to: size })
  if (range === undefined) {
    const headers = { ...asBytes, ...always, 'content-digest': digestField(digest) }
    return { status: 200, headers, stream }
  }
  const contentRange = `bytes ${range.from}-${range.to - 1}/${size}`
  return { status: 206, headers: { ...asBytes, ...always, 'content-range': contentRange }, stream }
}

const streamOf = (bytes: Bytes, { from, to }: Range) => ({ length: to - from, bytes: () => bytes(from, to) })

async function* counted({ sent }: AssetDependencies, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    yield piece
    sent(piece.length)
  }
}
