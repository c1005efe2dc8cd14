/** An asset from its reservation to its end: time, its owner or an operator ends it, nothing else does. */
import { assetShapes, parseAssetEvent } from '../../events/asset.js'
import type { AssetClass, AssetEvent } from '../../events/asset.js'
import type { AssetId, ClientId, UserId } from '../../mls/wire/ids.js'
import type { Aggregate } from '../../streams/decider.js'

/** What was said of it before a byte came. */
export type Reserved = {
  readonly status: 'reserved'
  readonly asset: AssetId
  readonly owner: UserId
  /** The only one that may upload it. */
  readonly client: ClientId
  readonly class: AssetClass
  readonly size: number
  /** SHA-256, base64url. */
  readonly digest: string
  readonly capabilityHash: string
  /** Until then the bytes must have come, ms. */
  readonly expires: number
}
/** `expires`: how long it is kept, ms. */
export type Stored = Omit<Reserved, 'status'> & { readonly status: 'stored' }

export type Asset =
  | { readonly status: 'none' }
  | Reserved
  | Stored
  | { readonly status: 'over'; readonly asset: AssetId; readonly owner: UserId | undefined }

const evolve = (state: Asset, event: AssetEvent): Asset => {
  switch (event.type) {
    case 'AssetReserved':
      return { status: 'reserved', ...event.data }
    case 'AssetStored':
      return state.status === 'reserved' ? { ...state, status: 'stored', expires: event.data.expires } : state
    case 'AssetRenewed':
      return state.status === 'stored' ? { ...state, expires: event.data.expires } : state
    case 'AssetExpired':
    case 'AssetDeleted':
    case 'AssetTakenDown': {
      const owner = state.status === 'none' ? undefined : state.owner
      return { status: 'over', asset: event.data.asset, owner }
    }
  }
}

export const assetAggregate: Aggregate<Asset, AssetEvent> = {
  name: 'asset',
  initial: { status: 'none' },
  shapes: assetShapes,
  parse: parseAssetEvent,
  evolve,
  weigh: () => 900,
}
