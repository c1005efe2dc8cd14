/** What stores that know names alone make of assets: the name of a part, and pages of the assets that have parts. */
import type { AssetId } from '../mls/wire/ids.js'
import type { AssetBytes } from '../ports/assetBytes.js'

/** As many digits as the greatest safe integer has: names are in the order of the parts. */
export const partNameDigits = 16

export const partName = (start: number): string => String(start).padStart(partNameDigits, '0')

/** A part of an asset, with the time it was written, ms; of a name that is no asset's, `asset` is undefined. */
export type WrittenPart = { readonly asset: AssetId | undefined; readonly written: number }

/** The first assets of parts that come asset after asset, each once, with the time of its newest part. */
export const pageOfAssets = async (
  parts: AsyncIterable<WrittenPart>,
  limit: number,
): ReturnType<AssetBytes['list']> => {
  const page = new Map<AssetId, number>()
  for await (const { asset, written } of parts) {
    if (asset === undefined) continue
    if (page.size >= limit && !page.has(asset)) break
    page.set(asset, Math.max(written, page.get(asset) ?? 0))
  }
  return [...page].map(([asset, stored]) => ({ asset, stored }))
}
