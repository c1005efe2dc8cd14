/** Blobs in memory, on a clock that is handed in. */
import { createHash } from 'node:crypto'
import type { Blobs, Digest } from '../../ports/blobs.js'

export const openMemoryBlobs = ({ now }: { readonly now: () => number }): Blobs => {
  const blobs = new Map<Digest, { readonly bytes: Uint8Array; readonly stored: number }>()
  return {
    put: (bytes) => {
      const digest = createHash('sha256').update(bytes).digest('base64url')
      blobs.set(digest, { bytes: Uint8Array.from(bytes), stored: now() })
      return Promise.resolve(digest)
    },
    get: (digest) => Promise.resolve(blobs.get(digest)?.bytes.slice()),
    getRange: (digest, start, length) => Promise.resolve(blobs.get(digest)?.bytes.slice(start, start + length)),
    size: (digest) => Promise.resolve(blobs.get(digest)?.bytes.length),
    remove: (digest) => {
      blobs.delete(digest)
      return Promise.resolve()
    },
    list: ({ after = '', limit }) => {
      const digests = [...blobs.keys()].filter((digest) => digest > after).sort()
      return Promise.resolve(
        digests.slice(0, limit).map((digest) => ({ digest, stored: blobs.get(digest)?.stored ?? 0 })),
      )
    },
    close: () => Promise.resolve(),
  }
}
