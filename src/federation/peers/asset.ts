/** Asking another server for a piece of an asset of its own. */
import { domainOf } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { assetPiece, assetPieceRequest } from '../wire/assetPiece.js'
import type { AssetPiece, AssetPieceRequest } from '../wire/assetPiece.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { assetPieceBytesMax } from '../wire/limits.js'
import type { Peers } from './client.js'
import { refusedBy } from './heardFromHub.js'
import { PeerUnreachable } from './peerErrors.js'

/** The extension that a directory names, and the endpoint. */
export const assetsExtension = 'assets'

const answerBytesMax = assetPieceBytesMax + 1_024
const timeoutMs = 20_000

/**
 * As many bytes as were asked for, fewer only where the asset ends. Throws what `Peers` throws, and PeerUnreachable for an answer that
 * is none.
 */
export const askAsset = async (
  peers: Peers,
  { asset, ...request }: AssetPieceRequest & { readonly asset: AssetId },
): Promise<AssetPiece | Rejected> => {
  const home = domainOf(asset)
  const answer = await peers.ask(home, {
    method: 'POST',
    endpoint: assetsExtension,
    parameters: { asset },
    contentType: 'message/mls',
    body: encodeBody(assetPieceRequest, request),
    bytesMax: answerBytesMax,
    timeoutMs,
  })
  if (answer.status === 404) return reject({ code: 'no-such-asset' })
  if (answer.status !== 200) return refusedBy(home, answer)
  const piece = decodeBody(assetPiece, answer.body)
  if (!piece.ok || !isWhatWasAsked(piece.value, request))
    throw new PeerUnreachable(home, 'its piece of an asset is none')
  return piece.value
}

const isWhatWasAsked = ({ size, bytes }: AssetPiece, { from, length }: AssetPieceRequest): boolean =>
  bytes.length === Math.max(0, Math.min(length, size - from))
