/** Copies the bytes of assets of one store into another, each asset held against what the log says of it. */
import { hasAsset } from '../compose/terminal.js'
import type { AssetId } from '../mls/wire/ids.js'
import type { AssetBytes } from '../ports/assetBytes.js'
import type { Promised } from './promisedAssets.js'

export type CopiedAssets = {
  readonly count: number
  readonly bytes: number
  /** Neither store has them as the log says they are. */
  readonly missing: readonly AssetId[]
}

/** Again is harmless: what is there whole stays. What the log does not promise (uploads that were under way) is not copied. `each`: hears how many there are. */
export const copyAssets = async (
  from: AssetBytes,
  to: AssetBytes,
  promised: ReadonlyMap<AssetId, Promised>,
  each: (count: number) => void = () => undefined,
): Promise<CopiedAssets> => {
  const missing: AssetId[] = []
  let [count, bytes] = [0, 0]
  for (const [asset, of] of promised) {
    const there = (await hasAsset(to, asset, of)) || (await copied(from, to, asset, of))
    if (!there) missing.push(asset)
    else [count, bytes] = [count + 1, bytes + of.size]
    each(count)
  }
  return { count, bytes, missing }
}

/** Whether it arrived whole, which is seen where it arrives: its bytes are many, and read once. What did not does not stay. */
const copied = async (from: AssetBytes, to: AssetBytes, asset: AssetId, of: Promised): Promise<boolean> => {
  const parts = await from.parts(asset)
  if (parts.length === 0) return false
  await to.remove(asset)
  for (const part of parts) {
    const pieces: Uint8Array[] = []
    for await (const piece of from.read(asset, part, 0, part.size)) pieces.push(piece)
    await to.write(asset, part.start, Buffer.concat(pieces))
  }
  if (await hasAsset(to, asset, of)) return true
  await to.remove(asset)
  return false
}
