/** Facts about one asset, an encrypted file: what is reserved, what is stored and until when, and how it ended; in `asset-<random id>`. */
import { z } from 'zod'
import type { AssetId } from '../mls/wire/ids.js'
import { assetId, clientId, count, digest, time, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

/** How long it is kept: `message` as messages are, `keep` until nobody has renewed it for long (docs/limits.md). */
export const assetClass = z.enum(['message', 'keep'])
export type AssetClass = z.infer<typeof assetClass>

export const assetShapes = {
  /** `expires`: until then the bytes must have come. */
  AssetReserved: {
    schema: z.object({
      asset: assetId,
      owner: userId,
      client: clientId,
      class: assetClass,
      size: count,
      digest,
      /** SHA-256 of the capability, which is shared inside MLS only. */
      capabilityHash: digest,
      expires: time,
    }),
  },
  /** The bytes are there, whole, and have the digest that was said. */
  AssetStored: { schema: z.object({ asset: assetId, digest, size: count, expires: time }) },
  AssetRenewed: { schema: z.object({ asset: assetId, expires: time }) },
  AssetExpired: { schema: z.object({ asset: assetId }) },
  AssetDeleted: { schema: z.object({ asset: assetId, reason: z.enum(['requested', 'userDeleted']) }) },
  AssetTakenDown: { schema: z.object({ asset: assetId, cause: z.enum(['digest']) }) },
} as const
export type AssetEvent = EventOf<typeof assetShapes>
export const parseAssetEvent = parserOf(assetShapes)
export const assetStream = (asset: AssetId): string => streamOf('asset', asset)
