/** Renewing an asset of class `keep`: it is kept for its whole time again. */
import type { AssetEvent } from '../../events/asset.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Asset } from './asset.js'
import { keptFor, noSuchAsset } from './storage.js'
import type { Keeping } from './storage.js'

export type RenewAsset = { readonly by: UserId; readonly at: number; readonly limits: Keeping }

/** A renewal that adds less than a day adds nothing: the stream stays short, however often it is asked for. */
const worthMs = 24 * 60 * 60 * 1_000

export const renewAsset: Decider<RenewAsset, Asset, AssetEvent> =
  ({ by, at, limits }) =>
  (state) => {
    if (state.status !== 'stored' || state.owner !== by) return noSuchAsset
    if (state.class !== 'keep') return reject({ code: 'not-allowed', capability: 'renew an asset of class message' })
    const expires = at + keptFor('keep', limits)
    if (expires < state.expires + worthMs) return accept()
    return accept({ type: 'AssetRenewed', data: { asset: state.asset, expires } })
  }
