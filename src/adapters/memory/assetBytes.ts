/** The bytes of assets in memory, on a clock that is handed in. */
import type { AssetId } from '../../mls/wire/ids.js'
import { checkPart } from '../../ports/assetBytes.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import { StoreUnavailable } from '../../ports/eventStore.js'

type Stored = { readonly parts: Map<number, Uint8Array>; readonly stored: number }

export const openMemoryAssetBytes = ({ now }: { readonly now: () => number }): AssetBytes => {
  const assets = new Map<AssetId, Stored>()
  return {
    write: (asset, start, bytes) =>
      new Promise((resolve) => {
        checkPart(asset, start, bytes)
        const parts = assets.get(asset)?.parts ?? new Map<number, Uint8Array>()
        assets.set(asset, { parts: parts.set(start, Uint8Array.from(bytes)), stored: now() })
        resolve()
      }),
    parts: (asset) => {
      const parts = [...(assets.get(asset)?.parts ?? [])].map(([start, { length: size }]) => ({ start, size }))
      return Promise.resolve(parts.sort((one, other) => one.start - other.start))
    },
    // eslint-disable-next-line @typescript-eslint/require-await
    read: async function* (asset, part, from, length) {
      const bytes = assets.get(asset)?.parts.get(part.start)
      if (bytes === undefined || bytes.length < from + length) throw new StoreUnavailable('a part of an asset is gone')
      if (length > 0) yield bytes.slice(from, from + length)
    },
    remove: (asset) => {
      assets.delete(asset)
      return Promise.resolve()
    },
    list: ({ after, limit }) => {
      const ids = [...assets.keys()].filter((asset) => after === undefined || asset > after).sort()
      return Promise.resolve(ids.slice(0, limit).map((asset) => ({ asset, stored: assets.get(asset)?.stored ?? 0 })))
    },
    close: () => Promise.resolve(),
  }
}
