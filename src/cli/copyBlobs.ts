/** Copies blobs of one store into another, each held against its name. */
import { everyBlob } from '../ports/blobs.js'
import type { Blobs, Digest } from '../ports/blobs.js'

/** Bytes that are not what their name says: nothing that is built on them would hold. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob'
}

export type Copied = { readonly count: number; readonly bytes: number }

/**
 * Again is harmless: what is there already stays. `wanted`: all, unless they are named. `each`: hears how many there are.
 * Throws DamagedBlob at the first that is not itself.
 */
export const copyBlobs = async (
  from: Blobs,
  to: Blobs,
  wanted: Iterable<Digest> | AsyncIterable<Digest> = digestsOf(from),
  each: (count: number) => void = () => undefined,
): Promise<Copied> => {
  let count = 0
  let bytes = 0
  for await (const digest of wanted) {
    const blob = await from.get(digest)
    if (blob === undefined) continue
    const stored = await to.put(blob)
    if (stored !== digest) {
      await to.remove(stored)
      throw new DamagedBlob(`the bytes of the blob ${digest} are not its own`)
    }
    each(++count)
    bytes += blob.length
  }
  return { count, bytes }
}

async function* digestsOf(blobs: Blobs): AsyncGenerator<Digest> {
  for await (const { digest } of everyBlob(blobs)) yield digest
}
