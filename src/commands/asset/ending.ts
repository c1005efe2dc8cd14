/** How an asset ends: by its owner's wish, by time, with its user, or with the digest of its bytes. */
import type { AssetEvent } from '../../events/asset.js'
import type { UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import type { Asset } from './asset.js'
import { noSuchAsset } from './storage.js'

/** Deleting what is over already is no fault of its owner: the answer is the same. */
export const deleteAsset: Decider<UserId, Asset, AssetEvent> = (by) => (state) => {
  if (state.status === 'none' || state.owner !== by) return noSuchAsset
  if (state.status === 'over') return accept()
  return accept({ type: 'AssetDeleted', data: { asset: state.asset, reason: 'requested' } })
}

export const deleteWithUser: Decider<UserId, Asset, AssetEvent> = (user) => (state) =>
  isLive(state) && state.owner === user
    ? accept({ type: 'AssetDeleted', data: { asset: state.asset, reason: 'userDeleted' } })
    : accept()

/** `now` in ms. What was renewed or stored meanwhile stays. */
export const expireAsset: Decider<number, Asset, AssetEvent> = (now) => (state) =>
  isLive(state) && state.expires <= now ? accept({ type: 'AssetExpired', data: { asset: state.asset } }) : accept()

/** Its digest was taken down. */
export const takeDownAsset: Decider<string, Asset, AssetEvent> = (digest) => (state) =>
  isLive(state) && state.digest === digest
    ? accept({ type: 'AssetTakenDown', data: { asset: state.asset, cause: 'digest' } })
    : accept()

type Live = Extract<Asset, { readonly status: 'reserved' | 'stored' }>

export const isLive = (state: Asset): state is Live => state.status === 'reserved' || state.status === 'stored'
