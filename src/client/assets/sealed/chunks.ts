/** How a file is cut into chunks, and where each of them stands: in the file, and encrypted. */

/** What a chunk holds; the last one less, and nothing only where the file is empty. */
export const chunkBytes = 65_536
export const nonceBytes = 12
const tagBytes = 16
/** What encryption adds to a chunk. */
export const overheadBytes = nonceBytes + tagBytes
export const sealedChunkBytes = chunkBytes + overheadBytes

/** Some chunks of a file of `size` bytes: from `from` to before `to`. */
export type Chunks = { readonly size: number; readonly from: number; readonly to: number }

const chunkCountOf = (size: number): number => Math.max(1, Math.ceil(size / chunkBytes))

export const allChunksOf = (size: number): Chunks => ({ size, from: 0, to: chunkCountOf(size) })

/** How long it is encrypted. */
export const sealedSizeOf = (size: number): number => size + overheadBytes * chunkCountOf(size)

/** The largest file that is not longer than that, encrypted. */
export const sizeWithin = (sealedSize: number): number => {
  const whole = Math.floor(sealedSize / sealedChunkBytes)
  return whole * chunkBytes + Math.max(0, sealedSize - whole * sealedChunkBytes - overheadBytes)
}

export const chunkSizeAt = (size: number, index: number): number => Math.min(chunkBytes, size - index * chunkBytes)

/** Bound to each chunk: its index as uint64, then 1 for the last of all and 0 for any other. */
export const placeOf = (size: number, index: number): Uint8Array<ArrayBuffer> => {
  const place = new Uint8Array(9)
  new DataView(place.buffer).setBigUint64(0, BigInt(index))
  place[8] = index === chunkCountOf(size) - 1 ? 1 : 0
  return place
}
