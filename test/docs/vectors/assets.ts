/** Vectors of assets: what follows from a key, files encrypted, and bytes that no reader takes. */
import { createHash } from 'node:crypto'
import { assetKeysOf } from '#src/client/assets/sealed/assetKeys.js'
import { allChunksOf, chunkBytes, sealedSizeOf } from '#src/client/assets/sealed/chunks.js'
import { sealChunks } from '#src/client/assets/sealed/sealChunks.js'
import { toHex } from './hex.js'
import { seededBytes } from './seededRandom.js'

/** Byte n of every file here. */
export const plaintextOf = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_none, at) => at % 251)

const sizes = [0, 1, 251, chunkBytes, chunkBytes + 1, 2 * chunkBytes + 777]
/** Longer ones are said by their digest. */
const shownBytesMax = 512

const key = seededBytes('asset', 32)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export const assetVectors = async () => {
  const { capability } = await assetKeysOf(key)
  return {
    description:
      'Files as they are encrypted (docs/wire.md, Assets). Bytes in hex; byte n of each file is n modulo 251, all of them under the one key (which nobody else should do). `digest`: SHA-256 of the encrypted bytes, which are there whole where they are few. `invalid`: encrypted bytes of a file of `size` bytes that do not open.',
    key: toHex(key),
    capability: toHex(capability),
    capabilityHash: sha256(capability),
    files: await Promise.all(sizes.map(fileVector)),
    invalid: await invalidVectors(),
  }
}

const fileVector = async (size: number) => {
  const sealed = await sealedFile(size)
  return {
    size,
    sealedSize: sealedSizeOf(size),
    digest: sha256(sealed),
    firstNonce: toHex(sealed.subarray(0, 12)),
    sealed: sealed.length > shownBytesMax ? null : toHex(sealed),
  }
}

export const sealedFile = async (size: number): Promise<Uint8Array> => {
  const file = [plaintextOf(size)]
  const chunks: Uint8Array[] = []
  for await (const chunk of sealChunks(await assetKeysOf(key), allChunksOf(size), streamOf(file))) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

async function* streamOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Promise.resolve(part)
}

const invalidVectors = async () => {
  const [empty, small, large] = await Promise.all([0, 251, chunkBytes + 1].map(sealedFile))
  const rows: readonly (readonly [string, number, Uint8Array])[] = [
    ['its last byte is missing', 251, small!.subarray(0, -1)],
    ['a byte behind it', 251, Uint8Array.of(...small!, 0)],
    ['a bit of the nonce is another one', 251, small!.with(0, small![0]! ^ 1)],
    ['a bit of the ciphertext is another one', 251, small!.with(20, small![20]! ^ 1)],
    ['nothing is there', 0, new Uint8Array()],
    ['an empty file as one of one byte', 1, empty!],
    ['the second chunk of a longer file as the whole of a short one', 1, large!.subarray(chunkBytes + 28)],
  ]
  return rows.map(([wrong, size, sealed]) => ({ wrong, size, sealed: toHex(sealed) }))
}
