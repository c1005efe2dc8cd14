/** What the routes of assets stand on, and what they share. */
import { z } from 'zod'
import { assetAggregate } from '../../commands/asset/asset.js'
import { assetClass, assetStream } from '../../events/asset.js'
import type { AssetId, Domain } from '../../mls/wire/ids.js'
import { assetUri, described, named, placed, timeOut } from '../../contract/fields.js'
import type { Limits } from '../../limits/limits.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import type { AssetQueries } from '../../projections/assets/queries.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import type { HeldCursor } from '../http/request/heldCursor.js'
import type { AssetsElsewhere } from '../elsewhere/assetElsewhere.js'
import type { Uploads } from './uploads.js'

export type AssetDependencies = {
  readonly streams: Streams
  readonly assets: AssetQueries
  /** Resolves once the assets' read model has seen all that is in the log now; false when that took too long. */
  readonly assetsLevel: () => Promise<boolean>
  readonly bytes: AssetBytes
  readonly uploads: Uploads
  /** Told of bytes that went out. */
  readonly sent: (bytes: number) => void
  readonly heldCursor: HeldCursor
  readonly logId: string
  readonly domain: Domain
  readonly limits: Limits
  /** Undefined: no other server is asked. */
  readonly elsewhere: AssetsElsewhere | undefined
}

export const tag = 'Assets'
export const assetParams = z.strictObject({ asset: assetUri })

export const classField = named(assetClass, {
  title: 'AssetClass',
  description: 'How long an asset is kept: `message` for some time, `keep` until it is not renewed any more',
  example: 'message',
})
export const sizeField = described(z.number().int().min(1), 'Bytes, as they are stored', 1_048_576)
/** Until when it is kept by what was just done. */
export const keptAnswer = z
  .object({ expires: timeOut.describe('It is kept until then, ms since 1970'), ...placed })
  .meta({ title: 'AssetKept', description: 'Until when the asset is kept' })

/** Of commands whose event stands with the asset that they name. */
export const knownOfAsset =
  ({ streams }: Pick<AssetDependencies, 'streams'>) =>
  ({ params, command }: { readonly params: { readonly asset: AssetId }; readonly command: CommandContext }) =>
    streams.knows(assetAggregate, assetStream(params.asset), command)
