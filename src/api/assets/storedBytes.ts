/** The bytes of an asset over its parts: how many are there, and any run of them as a stream. */
import { createHash } from 'node:crypto'
import type { AssetId } from '../../mls/wire/ids.js'
import type { AssetBytes, AssetPart } from '../../ports/assetBytes.js'
import { StoreUnavailable } from '../../ports/eventStore.js'

/** The parts that follow on each other from 0: what stands behind a gap is not there. */
const inOrder = (parts: readonly AssetPart[]): readonly AssetPart[] => {
  let end = 0
  const following: AssetPart[] = []
  for (const part of parts) {
    if (part.start !== end) break
    following.push(part)
    end += part.size
  }
  return following
}

/** How many bytes are there, from 0 without a gap. */
export const sizeOf = (parts: readonly AssetPart[]): number => {
  const last = inOrder(parts).at(-1)
  return last === undefined ? 0 : last.start + last.size
}

/** Bytes `from` to before `to` of an asset. Throws StoreUnavailable where some are not there. */
export async function* readStored(
  bytes: Pick<AssetBytes, 'parts' | 'read'>,
  asset: AssetId,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  const parts = inOrder(await bytes.parts(asset))
  if (sizeOf(parts) < to) throw new StoreUnavailable('bytes of an asset are not in the store')
  for (const part of parts) {
    const start = Math.max(from - part.start, 0)
    const end = Math.min(to - part.start, part.size)
    if (start < end) yield* bytes.read(asset, part, start, end - start)
  }
}

/** SHA-256 of all that is stored, base64url. */
export const digestOfStored = async (
  bytes: Pick<AssetBytes, 'parts' | 'read'>,
  asset: AssetId,
  size: number,
): Promise<string> => {
  const hash = createHash('sha256')
  for await (const piece of readStored(bytes, asset, 0, size)) hash.update(piece)
  return hash.digest('base64url')
}
