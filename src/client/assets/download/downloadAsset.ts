/** Fetches a file and opens it as it comes: what breaks off goes on, and what is not as it was sent is not handed out. */
import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../../../mls/bytes/bytes.js'
import type { Engine } from '../../engine/engine.js'
import { engineWithin } from '../../engine/within.js'
import { assetKeysOf } from '../sealed/assetKeys.js'
import type { AssetReference } from '../sealed/assetReference.js'
import { allChunksOf, chunkBytes, type Chunks, sealedChunkBytes, sealedSizeOf } from '../sealed/chunks.js'
import { Damaged } from '../sealed/damaged.js'
import { openChunks } from '../sealed/openChunks.js'
import { sealedBytes } from './sealedBytes.js'
import type { DownloadOptions, FileRange } from '../transfer.js'

/**
 * The file, in order. Whoever reads to the end has all of it, as it was sent; of a range, too, whose chunks are held to their
 * places, while the digest is of the whole alone. Throws `Damaged`, `Refused` (`no-such-asset`: gone, or not for this client),
 * `Unreachable`.
 */
export async function* downloadAsset(
  engine: Engine,
  reference: AssetReference,
  { range, onProgress, signal }: DownloadOptions = {},
): AsyncGenerator<Uint8Array> {
  const asked = signal === undefined ? engine : engineWithin(engine, signal)
  const { start, end } = rangeIn(reference, range)
  const chunks = chunksAround(reference.size, start, end)
  let at = chunks.from * chunkBytes
  for await (const chunk of verified(asked, reference, chunks)) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += chunk.length
    asked.signal.throwIfAborted()
    onProgress?.({ bytes: Math.min(at, end) - start, size: end - start })
    if (piece.length > 0) yield piece
  }
}

const rangeIn = ({ size }: AssetReference, { start, end = size }: FileRange = { start: 0 }): Required<FileRange> => {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size)
    return { start, end }
  throw new RangeError(`bytes ${start} to ${end} of a file that has ${size}`)
}

const chunksAround = (size: number, start: number, end: number): Chunks => {
  const { to } = allChunksOf(size)
  const from = Math.min(Math.floor(start / chunkBytes), to - 1)
  return { size, from, to: Math.max(from + 1, Math.min(to, Math.ceil(end / chunkBytes))) }
}

/** The last chunk is held back where the digest of all of them is another one. */
async function* verified(engine: Engine, reference: AssetReference, chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { asset, key, size, digest } = reference
  const keys = await assetKeysOf(key)
  const whole = sealedSizeOf(size)
  const from = chunks.from * sealedChunkBytes
  const to = Math.min(whole, chunks.to * sealedChunkBytes)
  const open = (etag: string | undefined, at: number) =>
    engine.api.assets.open(asset, keys.capability, at === 0 && to === whole ? undefined : { from: at, to, etag })
  const hash = sha256.create()
  const sealed = sealedBytes(open, { from, to, whole, signal: engine.signal, onPiece: (piece) => hash.update(piece) })
  let at = chunks.from
  for await (const chunk of openChunks(keys, chunks, sealed)) {
    const isEnd = ++at === chunks.to
    // With the last chunk all bytes have come. A range has no digest.
    if (isEnd && to - from === whole && !equalBytes(hash.digest(), digest))
      throw new Damaged('its digest is another one')
    yield chunk
  }
}
