/** Bytes gathered into parts, one made durable while the next one fills: memory holds two of them. */
import type { Limits } from '../../limits/limits.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

export type PartWriterDependencies = {
  readonly bytes: Pick<AssetBytes, 'write'>
  readonly limits: Pick<Limits, 'assetPartBytesMax' | 'assetPartsMax'>
  /** Told of what was made durable. */
  readonly written: (bytes: number) => void
}

export type PartWriter = {
  /** Once it resolves, all of the chunk is in a part. Throws what became of the parts before. */
  take(chunk: Uint8Array): Promise<Rejected | undefined>
  /** Begins to write what fills no part. Throws what became of the parts before. */
  flush(): Promise<Rejected | undefined>
  /** How far it is durable, once nothing is under way any more. Throws StorageFull, StoreUnavailable. */
  settled(): Promise<number>
}

/** Where the bytes go: from `offset` to `end` at most, behind so many parts. */
export type PartPlace = {
  readonly asset: AssetId
  readonly offset: number
  readonly end: number
  readonly partsThere: number
}

export const writeParts = (
  { bytes, limits, written }: PartWriterDependencies,
  { asset, offset, end, partsThere }: PartPlace,
): PartWriter => {
  const size = Math.min(limits.assetPartBytesMax, end - offset)
  let part: Buffer = Buffer.allocUnsafeSlow(size)
  let spare: Buffer | undefined
  // The part that fills begins at `start`.
  let [start, filled, durable, count] = [offset, 0, offset, partsThere]
  let underWay: Promise<void> = Promise.resolve()
  let hasFailed = false

  const write = async (from: number, whole: Buffer): Promise<void> => {
    await bytes.write(asset, from, whole)
    written(whole.length)
    durable = from + whole.length
  }

  const flush: PartWriter['flush'] = async () => {
    if (filled === 0) return undefined
    if (count >= limits.assetPartsMax) return tooManyParts(limits.assetPartsMax)
    await underWay
    underWay = write(start, part.subarray(0, filled))
    // Whoever comes next awaits it, and hears of it then.
    underWay.catch(() => (hasFailed = true))
    ;[start, filled, count] = [start + filled, 0, count + 1]
    if (start < end) [part, spare] = [spare ?? Buffer.allocUnsafeSlow(size), part]
    return undefined
  }

  return {
    take: async (chunk) => {
      if (start + filled + chunk.length > end) return reject({ code: 'too-large', max: end - offset })
      // At once: a slow sender would go on for an hour before the next part.
      if (hasFailed) await underWay
      for (let at = 0; at < chunk.length;) {
        const piece = chunk.subarray(at, at + part.length - filled)
        part.set(piece, filled)
        filled += piece.length
        at += piece.length
        const refused = filled === part.length ? await flush() : undefined
        if (refused !== undefined) return refused
      }
      return undefined
    },
    flush,
    settled: async () => {
      await underWay
      return durable
    },
  }
}

const tooManyParts = (max: number): Rejected => reject({ code: 'limit-reached', limit: 'assetPartsMax', max })
