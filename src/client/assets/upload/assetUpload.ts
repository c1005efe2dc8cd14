/** An upload before a byte of it is sent: what is said of the file first, and what it takes to go on with it later. */
import { sha256 } from '@noble/hashes/sha2.js'
import type { AssetId } from '../../../mls/wire/ids.js'
import type { AssetClass } from '../../api/assets.js'
import { randomBytes, randomId } from '../../crypto/random.js'
import { assetKeyBytes, assetKeysOf } from '../sealed/assetKeys.js'
import type { AssetReference } from '../sealed/assetReference.js'
import { allChunksOf } from '../sealed/chunks.js'
import type { FileSource } from './fileSource.js'
import { sealChunks } from '../sealed/sealChunks.js'

export type AssetUpload = Omit<AssetReference, 'asset'> & {
  readonly class: AssetClass
  /** Of the reservation: the same again is the same asset. */
  readonly idempotencyKey: string
  /** Once it is reserved. */
  readonly asset: AssetId | undefined
}

export type ReservedUpload = AssetUpload & { readonly asset: AssetId }

/** Reads the file once, to its end. */
export const newAssetUpload = async (
  source: FileSource,
  { class: kept, signal }: { readonly class: AssetClass; readonly signal: AbortSignal },
): Promise<AssetUpload> => {
  const key = randomBytes(assetKeyBytes)
  const { size } = source
  const hash = sha256.create()
  for await (const chunk of sealChunks(await assetKeysOf(key), allChunksOf(size), source.stream())) {
    signal.throwIfAborted()
    hash.update(chunk)
  }
  return { key, size, digest: hash.digest(), class: kept, idempotencyKey: randomId(), asset: undefined }
}

/** Of another asset, with the same bytes: the one that was reserved is gone. */
export const reservedAnew = (upload: AssetUpload): AssetUpload => ({
  ...upload,
  idempotencyKey: randomId(),
  asset: undefined,
})
