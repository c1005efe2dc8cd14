/** The port of the bytes of assets: large, opaque, in parts, under the asset's own name (docs/decisions/0009). */
import { parseAssetId } from '../mls/wire/ids.js'
import type { AssetId } from '../mls/wire/ids.js'

/** Bytes `start` to before `start + size` of an asset. */
export type AssetPart = { readonly start: number; readonly size: number }

export type AssetBytes = {
  /**
   * Makes one part durable before it resolves: `bytes` are at `start` of the asset. At the same start again it replaces
   * what was there. At most `assetPartBytesMax` bytes; more than none.
   */
  write(asset: AssetId, start: number, bytes: Uint8Array): Promise<void>
  /** What is there, by `start`; none of an asset that has no bytes. */
  parts(asset: AssetId): Promise<readonly AssetPart[]>
  /** Streams `length` bytes of a part, from byte `from` of that part on; throws StoreUnavailable where the part is gone or shorter. */
  read(asset: AssetId, part: AssetPart, from: number, length: number): AsyncIterable<Uint8Array>
  /** Removes every part, durably; harmless where there is none. */
  remove(asset: AssetId): Promise<void>
  /** Pages through the assets that have bytes, in a stable order, with the time (ms) of their newest part, for the sweep. */
  list(options: {
    readonly after?: AssetId
    readonly limit: number
  }): Promise<readonly { readonly asset: AssetId; readonly stored: number }[]>
  close(): Promise<void>
}

/** Throws RangeError for a part that nobody may write: under no asset's id, at no place, or without bytes. */
export const checkPart = (asset: AssetId, start: number, { length }: Uint8Array): void => {
  if (parseAssetId(asset) === undefined) throw new RangeError('this is not the id of an asset')
  if (!Number.isSafeInteger(start) || start < 0) throw new RangeError(`no part starts at ${start}`)
  if (length === 0) throw new RangeError('a part has bytes')
}

const pageAssets = 100

/** All assets that have bytes, in the order of the store, a page at a time. */
export async function* everyAsset(
  bytes: Pick<AssetBytes, 'list'>,
): AsyncGenerator<{ readonly asset: AssetId; readonly stored: number }> {
  let after: AssetId | undefined
  for (;;) {
    const page = await bytes.list({ ...(after === undefined ? {} : { after }), limit: pageAssets })
    yield* page
    after = page.at(-1)?.asset
    if (page.length < pageAssets) return
  }
}
