/** Decrypts a file chunk by chunk, and hands out nothing that was not sent at that very place of that very file. */
import type { AssetKeys } from './assetKeys.js'
import { type Chunks, chunkSizeAt, nonceBytes, overheadBytes, placeOf } from './chunks.js'
import { Damaged } from './damaged.js'
import { type ByteStream, type Pieces, piecesOf } from './pieces.js'

/**
 * `sealed` begins with the first of the chunks and ends with the last of them. Throws Damaged, before the chunk that is not as
 * it was: whoever reads to the end without it has had all of them, and nothing else. Holds one chunk at a time.
 */
export async function* openChunks(keys: AssetKeys, chunks: Chunks, sealed: ByteStream): AsyncGenerator<Uint8Array> {
  const { size, from, to } = chunks
  const pieces = piecesOf(sealed)
  try {
    for (let index = from; index < to; index++) {
      const chunk = await openChunk(keys, await takeChunk(pieces, chunks, index), placeOf(size, index))
      if (chunk === undefined) throw new Damaged(`chunk ${index} does not open`)
      yield chunk
    }
  } finally {
    await pieces.close()
  }
}

const takeChunk = async (pieces: Pieces, { size, to }: Chunks, index: number): Promise<Uint8Array<ArrayBuffer>> => {
  const expected = chunkSizeAt(size, index) + overheadBytes
  const chunk = await pieces.take(expected)
  if (chunk.length < expected) throw new Damaged(`it ends in chunk ${index}`)
  if (index === to - 1 && (await pieces.take(1)).length > 0) throw new Damaged(`it goes on behind chunk ${index}`)
  return chunk
}

const openChunk = async (
  { encryption }: AssetKeys,
  chunk: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array | undefined> => {
  const iv = chunk.subarray(0, nonceBytes)
  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData },
      encryption,
      chunk.subarray(nonceBytes),
    )
    return new Uint8Array(opened)
  } catch {
    return undefined
  }
}
