/** The routes of assets: their reservation, their bytes there and back, and their end. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { Caller } from './caller.js'

/** `message`: kept as messages are; `keep`: until nobody has renewed it for long. */
export type AssetClass = 'message' | 'keep'

/** As the homeserver lists it to its owner; `expires` in ms. */
export type OwnAsset = {
  readonly asset: AssetId
  readonly class: AssetClass
  readonly status: 'reserved' | 'stored'
  readonly expires: number
}

/** Of the encrypted bytes; the hash is that of the capability. */
export type Reservation = {
  readonly size: number
  readonly digest: Uint8Array
  readonly capabilityHash: Uint8Array
  readonly class: AssetClass
}

export const assetsApi = (caller: Caller) => ({ ...lifeOf(caller), ...uploadsOf(caller), ...downloadsOf(caller) })

const at = (asset: AssetId): string => `/v1/assets/${encodeURIComponent(asset)}`

const lifeOf = ({ command, get }: Caller) => ({
  reserve: async (key: string, { size, digest, capabilityHash, class: kept }: Reservation) => {
    const hashes = { digest: toBase64url(digest), capabilityHash: toBase64url(capabilityHash) }
    return (await command('POST', '/v1/assets', key, { size, ...hashes, class: kept }))['asset'] as AssetId
  },
  /** This user's, oldest first, a page at a time. */
  list: async (cursor?: string) =>
    (await get(`/v1/assets${cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`}`)) as {
      readonly assets: readonly OwnAsset[]
      readonly next?: string
    },
  renew: (key: string, asset: AssetId) => command('POST', `${at(asset)}/renewal`, key),
  delete: (key: string, asset: AssetId) => command('DELETE', at(asset), key),
})

/** tus 1.0 (https://tus.io/protocols/resumable-upload), and the whole at once. */
const uploadsOf = ({ answerAsClient }: Caller) => ({
  put: async (asset: AssetId, body: Uint8Array<ArrayBuffer>, digest: Uint8Array): Promise<void> => {
    const contentDigest = `sha-256=:${btoa(String.fromCharCode(...digest))}:`
    const headers = { 'content-type': 'application/octet-stream', 'content-digest': contentDigest }
    await answerAsClient({ method: 'PUT', path: at(asset), headers, body })
  },
  begin: async (asset: AssetId, size: number): Promise<void> => {
    const headers = { ...tus, 'upload-length': String(size) }
    await answerAsClient({ method: 'POST', path: `${at(asset)}/upload`, headers })
  },
  /** How many bytes the homeserver has of an upload that was begun. */
  offset: async (asset: AssetId): Promise<number> => {
    const { headers } = await answerAsClient({ method: 'HEAD', path: `${at(asset)}/upload`, headers: tus })
    return Number(headers.get('upload-offset'))
  },
  /** Answers the new offset. */
  append: async (asset: AssetId, offset: number, body: Uint8Array<ArrayBuffer>): Promise<number> => {
    const type = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) }
    const call = { method: 'PATCH', path: `${at(asset)}/upload`, headers: { ...tus, ...type }, body } as const
    return Number((await answerAsClient(call)).headers.get('upload-offset') ?? offset + body.length)
  },
})

const tus = { 'tus-resumable': '1.0.0' }

/** Bytes from `from` to before `to`; `etag` is that of an answer before, whose bytes these go on with. */
export type ByteRange = { readonly from: number; readonly to: number; readonly etag: string | undefined }

const downloadsOf = ({ openAsClient }: Caller) => ({
  open: (asset: AssetId, capability: Uint8Array, range: ByteRange | undefined): Promise<Response> =>
    openAsClient({
      method: 'GET',
      path: at(asset),
      headers: { 'asset-capability': toBase64url(capability), ...(range === undefined ? {} : rangeHeaders(range)) },
    }),
})

const rangeHeaders = ({ from, to, etag }: ByteRange): { readonly [name: string]: string } => ({
  range: `bytes=${from}-${to - 1}`,
  ...(etag === undefined ? {} : { 'if-range': etag }),
})
