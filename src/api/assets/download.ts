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

export const downloadRoute = (deps: AssetDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/assets/{asset}',
    tag,
    summary: 'Download an asset',
    description:
      'Its bytes as they were uploaded; HEAD tells of them. A wrong or missing capability is answered as an unknown asset is. One range is answered as such; several in one request by the whole.',
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
    problems: ['no-such-asset', 'range-not-satisfiable', 'peer-not-federating'],
    answer: async ({ params: { asset }, header }) => {
      if (domainOf(asset) !== deps.domain) return reject({ code: 'peer-not-federating', domain: domainOf(asset) })
      const opened = await open(deps, asset, header('asset-capability'))
      return 'rejected' in opened ? opened : replyOf(deps, opened, header)
    },
  })

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

const replyOf = (deps: AssetDependencies, asset: Stored, header: (name: string) => string | undefined): Reply => {
  const etag = `"${asset.digest}"`
  const always = { etag, 'accept-ranges': 'bytes', 'repr-digest': digestField(asset.digest) }
  if (isKnown(header('if-none-match'), etag)) return { status: 304, headers: always }
  const range = isSame(header('if-range'), etag) ? rangeIn(header('range'), asset.size) : undefined
  if (range === 'unsatisfiable') return reject({ code: 'range-not-satisfiable', size: asset.size })
  const stream = streamOf(deps, asset, range ?? { from: 0, to: asset.size })
  if (range === undefined) {
    const headers = { ...asBytes, ...always, 'content-digest': digestField(asset.digest) }
    return { status: 200, headers, stream }
  }
  const contentRange = `bytes ${range.from}-${range.to - 1}/${asset.size}`
  return { status: 206, headers: { ...asBytes, ...always, 'content-range': contentRange }, stream }
}

const streamOf = ({ bytes, sent }: AssetDependencies, { asset }: Stored, { from, to }: Range) => ({
  length: to - from,
  bytes: async function* () {
    for await (const piece of readStored(bytes, asset, from, to)) {
      yield piece
      sent(piece.length)
    }
  },
})
