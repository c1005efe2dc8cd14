/** The tables of the assets that live: whose they are, what digest they have, when they end, and how much there is. */
import type { AssetClass } from '../../events/asset.js'
import type { AssetId, UserId } from '../../mls/wire/ids.js'
import type { Row, Schema } from '../../ports/readModels.js'

export const assetsSchema = {
  name: 'assets',
  version: 1,
  tables: {
    /** Reserved or stored; gone with its end. `expires`: of a reserved one, until when its bytes must have come. */
    assets: {
      key: ['asset'],
      indexes: { byOwner: ['owner', 'position'], byDigest: ['digest'], byEnd: ['expires'] },
    },
    /** How much a user has; absent where nothing. */
    owners: { key: ['owner'], indexes: {} },
    /** How much there is of a class, for the metrics. */
    classes: { key: ['class'], indexes: {} },
  },
} as const satisfies Schema

export type AssetRow = Row & {
  readonly asset: AssetId
  readonly owner: UserId
  readonly class: AssetClass
  readonly status: 'reserved' | 'stored'
  readonly size: number
  readonly digest: string
  readonly expires: number
  /** When it was reserved, ms, and where in the log that stands. */
  readonly at: number
  readonly position: number
}

/** `bytes` and `count`: reserved and stored; `unfinished`, `unfinishedBytes`: reserved only. */
export type Sums = {
  readonly bytes: number
  readonly count: number
  readonly unfinished: number
  readonly unfinishedBytes: number
}
export const nothing: Sums = { bytes: 0, count: 0, unfinished: 0, unfinishedBytes: 0 }
