/** The assets whose bytes a log promises: those that are stored, and not over by its end. */
import { parseAssetEvent } from '../events/asset.js'
import type { AssetId } from '../mls/wire/ids.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'

/** `digest`: SHA-256 of all its bytes, base64url. */
export type Promised = { readonly size: number; readonly digest: string }

const pageEvents = 500

export type PromisedGathering = {
  /** To be asked about every event, in order. Throws UnreadableEvent. */
  readonly see: (event: StoredEvent) => void
  readonly promised: ReadonlyMap<AssetId, Promised>
  /** Those that came to their end. */
  readonly over: ReadonlySet<AssetId>
}

export const gatherPromised = (): PromisedGathering => {
  const promised = new Map<AssetId, Promised>()
  const over = new Set<AssetId>()
  const see = (event: StoredEvent): void => {
    if (!event.stream.startsWith('asset-')) return
    const { type, data } = parseAssetEvent(event)
    if (type === 'AssetStored') promised.set(data.asset, { size: data.size, digest: data.digest })
    else if (type === 'AssetExpired' || type === 'AssetDeleted' || type === 'AssetTakenDown') {
      promised.delete(data.asset)
      over.add(data.asset)
    }
  }
  return { see, promised, over }
}

/** Throws UnreadableEvent. */
export const promisedAssets = async (events: Pick<EventStore, 'readAll'>): Promise<ReadonlyMap<AssetId, Promised>> => {
  const { see, promised } = gatherPromised()
  for (let after = origin; ;) {
    const page = await events.readAll({ after, limit: pageEvents })
    for (const event of page) see(event)
    after = page.at(-1)?.position ?? after
    if (page.length < pageEvents) return promised
  }
}
