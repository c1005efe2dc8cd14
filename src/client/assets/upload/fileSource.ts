/** A file to be sent: whatever can be read from its beginning as often as it takes. */
import { chunkBytes } from '../sealed/chunks.js'
import { type ByteStream, iterable } from '../sealed/pieces.js'

/** A browser's File or Blob is one; in Node `fileAt(path)` makes one. */
export type FileSource = {
  /** Bytes; they are the same each time, else `FileChanged`. */
  readonly size: number
  readonly stream: () => ByteStream
  /** From byte `start` on: without it a resumed upload reads what it passes over. */
  readonly slice?: (start: number) => { readonly stream: () => ByteStream }
  readonly name?: string
  readonly type?: string
  /** Where it is, in Node: for a restart to open it again. */
  readonly path?: string
  /** When it was changed last, ms. */
  readonly lastModified?: number
}

/** Throws TypeError. */
export const expectSource = (call: string, value: unknown): void => {
  const { size, stream } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (Number.isSafeInteger(size) && (size as number) >= 0 && typeof stream === 'function') return
  throw new TypeError(`${call}: expected a File, a Blob or { size, stream() }; in Node, fileAt(path) gives one`)
}

export const fromChunk = (source: FileSource, index: number): ByteStream => {
  if (index === 0) return source.stream()
  const start = index * chunkBytes
  return source.slice === undefined ? skipping(source.stream(), start) : source.slice(start).stream()
}

async function* skipping(stream: ByteStream, count: number): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const piece of iterable(stream)) {
    if (left < piece.length) yield piece.subarray(left)
    left = Math.max(0, left - piece.length)
  }
}
