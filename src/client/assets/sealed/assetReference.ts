/** What a message says of an encrypted file: where its bytes are, and what it takes to fetch, open and check them. */
import { type AssetId, parseAssetId } from '../../../mls/wire/ids.js'
import type { Attachment } from '../../content/externalPart.js'
import type { NewAttachment } from '../../content/newContent.js'
import { assetKeyBytes } from './assetKeys.js'

export type AssetReference = {
  readonly asset: AssetId
  /** 32 bytes, of which everything else follows. */
  readonly key: Uint8Array
  /** Of the file, bytes. */
  readonly size: number
  /** SHA-256 of the encrypted bytes. */
  readonly digest: Uint8Array
}

/** Of those that IANA leaves to private use (RFC 5116 §6): chunks as docs/wire.md has them. */
const chunkedAesGcm = 0xf0c1
const sha256 = 1
const digestBytes = 32
/** Its encrypted size is a number still. */
const sizeMax = 2 ** 52

/** The part of a message; `rest` has at least the content type. */
export const attachmentOf = (
  { asset, key, size, digest }: AssetReference,
  rest: Pick<Attachment, 'contentType'> & Partial<Pick<Attachment, 'expires' | 'description' | 'filename'>>,
): NewAttachment => ({ ...rest, url: asset, size, encAlg: chunkedAesGcm, key, hashAlg: sha256, contentHash: digest })

/** Undefined where the file is elsewhere, encrypted otherwise, or not as such a part has to be. */
export const referenceIn = (attachment: Attachment): AssetReference | undefined => {
  const { url, size, encAlg, key, nonce, aad, hashAlg, contentHash } = attachment
  const asset = parseAssetId(url)
  if (asset === undefined || encAlg !== chunkedAesGcm || hashAlg !== sha256 || size > sizeMax) return undefined
  if (key.length !== assetKeyBytes || contentHash.length !== digestBytes) return undefined
  return nonce.length === 0 && aad.length === 0 ? { asset, key, size, digest: contentHash } : undefined
}
