/** Reserving an asset: what will come is said, and refused before it costs anything. */
import type { AssetClass, AssetEvent } from '../../events/asset.js'
import type { Limits } from '../../limits/limits.js'
import type { AssetId, ClientId, UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Asset } from './asset.js'

type ReservationLimits = Pick<
  Limits,
  'assetBytesMax' | 'assetBytesPerUserMax' | 'assetsUnfinishedPerUserMax' | 'assetUnfinishedMs'
>

/** What a user has already: bytes reserved and stored, and how many are reserved only. */
export type Holding = { readonly bytes: number; readonly unfinished: number }

export type ReserveAsset = {
  readonly by: { readonly user: UserId; readonly client: ClientId }
  /** Fresh and random, so that nobody can guess it. */
  readonly asset: AssetId
  readonly class: AssetClass
  readonly size: number
  readonly digest: string
  readonly capabilityHash: string
  readonly at: number
  readonly holding: Holding
  readonly isTakenDown: boolean
  readonly limits: ReservationLimits
}

export const reserveAsset: Decider<ReserveAsset, Asset, AssetEvent> = (command) => (state) => {
  if (state.status !== 'none') return reject({ code: 'already-exists', what: 'asset' })
  const { by, asset, size, digest, capabilityHash, at, limits } = command
  const expires = at + limits.assetUnfinishedMs
  const data = { asset, owner: by.user, client: by.client, class: command.class, size, digest, capabilityHash, expires }
  return refused(command) ?? accept({ type: 'AssetReserved', data })
}

const refused = ({ size, holding, isTakenDown, limits }: ReserveAsset): Rejected | undefined => {
  const { assetBytesMax, assetBytesPerUserMax, assetsUnfinishedPerUserMax } = limits
  if (size > assetBytesMax) return reject({ code: 'too-large', max: assetBytesMax, actual: size })
  if (isTakenDown) return reject({ code: 'not-allowed', capability: 'upload what was taken down' })
  if (holding.unfinished >= assetsUnfinishedPerUserMax) {
    return reject({ code: 'limit-reached', limit: 'assetsUnfinishedPerUserMax', max: assetsUnfinishedPerUserMax })
  }
  if (holding.bytes + size <= assetBytesPerUserMax) return undefined
  return reject({ code: 'quota-exceeded', used: holding.bytes, max: assetBytesPerUserMax })
}
