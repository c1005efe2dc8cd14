/** The assets whose bytes a log promises: those that are stored, and not over by its end. */
import { parseAssetEvent } from '../events/asset.js'
import type { AssetId } from '../mls/wire/ids.js'
import type { EventStore } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'

/** `digest`: SHA-256 of all its bytes, base64url. */
export type Promised = { readonly size: number; readonly digest: string }

const pageEvents = 500

/** Throws UnreadableEvent. */
export const promisedAssets = async (events: Pick<EventStore, 'readAll'>): Promise<ReadonlyMap<AssetId, Promised>> => {
  const promised = new Map<AssetId, Promised>()
  for (let after = origin; ;) {
    const page = await events.readAll({ after, limit: pageEvents })
    for (const event of page.filter(({ stream }) => stream.startsWith('asset-'))) {
      const { type, data } = parseAssetEvent(event)
      if (type === 'AssetStored') promised.set(data.asset, { size: data.size, digest: data.digest })
      else if (type === 'AssetExpired' || type === 'AssetDeleted' || type === 'AssetTakenDown')
        promised.delete(data.asset)
    }
    after = page.at(-1)?.position ?? after
    if (page.length < pageEvents) return promised
  }
}
