/** assets, an extension: bytes of an asset of ours for another server's client that was told its capability, a piece at a time. */
import { z } from 'zod'
import { assetUri } from '../../contract/fields.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { assetPiece, assetPieceRequest } from '../wire/assetPiece.js'
import type { AssetPiece, AssetPieceRequest } from '../wire/assetPiece.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { refuseBody } from './refuseBody.js'

export const assetsPath = '/federation/v1/assets/{asset}'

/** A wrong capability is answered as an asset that is not there. Throws StoreUnavailable. */
export type ReadPiece = (asked: AssetPieceRequest & { readonly asset: AssetId }) => Promise<AssetPiece | Rejected>

export type AssetsRouteDependencies = { readonly domain: Domain; readonly readPiece: ReadPiece }

export const assetsRoute = ({ domain, readPiece }: AssetsRouteDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: assetsPath,
    tag: 'Federation',
    summary: 'Fetch a piece of an asset of ours',
    description:
      'AssetPieceRequest and AssetPiece (docs/federation.md, Assets), as message/mls: size and digest of the whole, and bytes from a place on, fewer where it ends. A wrong capability is answered as an asset that is not there.',
    access: 'peer',
    params: z.strictObject({ asset: assetUri }),
    mls: true,
    success: { status: 200, mls: true },
    problems: ['no-such-asset', 'too-large', 'range-not-satisfiable'],
    inMaintenance: true,
    known: 'unrecorded',
    answer: async ({ principal, params: { asset }, mls, charge }) => {
      const request = mls === undefined ? undefined : decodeBody(assetPieceRequest, mls)
      if (request === undefined) return malformed('the body is an AssetPieceRequest')
      if (!request.ok) return refuseBody(request.refusal)
      if (domainOf(asset) !== domain) return reject({ code: 'no-such-asset' })
      const { length } = request.value
      const limited = await charge(principal.domain, [
        { rate: 'assetBytesPerPeer', key: principal.domain, cost: length + costOfAsking },
      ])
      const piece = limited ?? (await readPiece({ asset, ...request.value }))
      if ('rejected' in piece) return piece
      return { status: 200, mls: encodeBody(assetPiece, piece, piece.bytes.length + roomBeside) }
    },
  })

/** Bytes: who asks for few at a time pays for asking. */
const costOfAsking = 4_096
const roomBeside = 64
