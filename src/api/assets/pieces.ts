/** A piece of an asset of ours, whole in memory, for another server that passes it on to a client of its own. */
import { assetAggregate } from '../../commands/asset/asset.js'
import { noSuchAsset } from '../../commands/asset/storage.js'
import { assetStream } from '../../events/asset.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { AssetDependencies } from './assetDependencies.js'
import { openedBy } from './capability.js'
import { readStored } from './storedBytes.js'

type Asked = {
  readonly asset: AssetId
  readonly capability: Uint8Array
  readonly from: number
  readonly length: number
}
type Piece = { readonly size: number; readonly digest: Uint8Array; readonly bytes: Uint8Array }

/** A wrong capability is answered as an asset that is not there. Throws StoreUnavailable. */
export const makeReadPiece =
  ({ streams, uploads, bytes, sent }: Pick<AssetDependencies, 'streams' | 'uploads' | 'bytes' | 'sent'>) =>
  async ({ asset, capability, from, length }: Asked): Promise<Piece | Rejected> => {
    const { state } = await streams.read(assetAggregate, assetStream(asset))
    const opened = openedBy(state, toBase64url(capability))
    if ('rejected' in opened) return opened
    const { size } = opened
    if (await uploads.isTakenDown(opened.digest)) return noSuchAsset
    if (length > 0 && from >= size) return reject({ code: 'range-not-satisfiable', size })
    const to = Math.min(size, from + length)
    const read: Uint8Array[] = []
    if (from < to) for await (const part of readStored(bytes, asset, from, to)) read.push(part)
    const piece = Buffer.concat(read)
    sent(piece.length)
    return { size, digest: fromBase64url(opened.digest) ?? new Uint8Array(), bytes: piece }
  }
