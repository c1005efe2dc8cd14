/** The bytes of an asset have come: its time begins. */
import type { AssetClass, AssetEvent } from '../../events/asset.js'
import type { Limits } from '../../limits/limits.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Asset, Reserved, Stored } from './asset.js'

export type Keeping = Pick<Limits, 'assetMs' | 'assetKeepMs'>

/** How long an asset of a class is kept from now on, ms. */
export const keptFor = (of: AssetClass, { assetMs, assetKeepMs }: Keeping): number =>
  of === 'keep' ? assetKeepMs : assetMs

export type StoreAsset = {
  /** Counted over what is stored. */
  readonly digest: string
  readonly size: number
  readonly isTakenDown: boolean
  readonly at: number
  readonly limits: Keeping
}

/** What is stored already was stored by this upload, or by one that brought the same. */
export const storeAsset: Decider<StoreAsset, Asset, AssetEvent> =
  ({ digest, size, isTakenDown, at, limits }) =>
  (state) => {
    if (state.status === 'stored') return accept()
    if (state.status !== 'reserved') return noSuchAsset
    if (digest !== state.digest || size !== state.size) {
      return reject({ code: 'digest-mismatch', expected: state.digest })
    }
    if (isTakenDown) return reject({ code: 'not-allowed', capability: 'upload what was taken down' })
    const expires = at + keptFor(state.class, limits)
    return accept({ type: 'AssetStored', data: { asset: state.asset, digest, size, expires } })
  }

/** The asset for whoever reserved it, to upload it: nobody else hears that it is there. */
export const uploadedBy = (state: Asset, client: ClientId): Reserved | Stored | Rejected =>
  (state.status === 'reserved' || state.status === 'stored') && state.client === client ? state : noSuchAsset

export const noSuchAsset: Rejected = reject({ code: 'no-such-asset' })
