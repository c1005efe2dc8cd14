/** Encrypts a file chunk by chunk: the same file under the same key gives the same bytes, so that an upload can go on. */
import type { AssetKeys } from './assetKeys.js'
import { type Chunks, chunkSizeAt, nonceBytes, placeOf } from './chunks.js'
import { FileChanged } from '../upload/fileChanged.js'
import { type ByteStream, piecesOf } from './pieces.js'

/**
 * `plaintext` begins where the first of the chunks does. Throws FileChanged where it is shorter than the chunks are, or goes
 * on behind the last one of the file. Holds one chunk at a time.
 */
export async function* sealChunks(
  keys: AssetKeys,
  { size, from, to }: Chunks,
  plaintext: ByteStream,
): AsyncGenerator<Uint8Array> {
  const pieces = piecesOf(plaintext)
  try {
    for (let index = from; index < to; index++) {
      const place = placeOf(size, index)
      const chunk = await pieces.take(chunkSizeAt(size, index))
      const isWhole = chunk.length === chunkSizeAt(size, index)
      const isLast = place[8] === 1
      if (!isWhole || (isLast && (await pieces.take(1)).length > 0)) throw new FileChanged()
      yield await sealChunk(keys, place, chunk)
    }
  } finally {
    await pieces.close()
  }
}

/** nonce || AES-256-GCM(encryption key, nonce, chunk, aad = place). */
const sealChunk = async (
  { encryption, nonce }: AssetKeys,
  place: Uint8Array<ArrayBuffer>,
  chunk: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> => {
  const mac = await crypto.subtle.sign('HMAC', nonce, joined(place, chunk))
  // A file that changes between two attempts gets another nonce where it is another one: none ever meets two plaintexts.
  const iv = new Uint8Array(mac, 0, nonceBytes)
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: place }, encryption, chunk)
  return joined(iv, new Uint8Array(ciphertext))
}

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
