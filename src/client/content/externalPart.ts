/** A file somewhere else, and what it takes to fetch, open and check it (draft-ietf-mimi-content-08 §4.5). */
import { bytesIn, textIn, uintIn } from './fields.js'

export type Attachment = {
  readonly contentType: string
  readonly url: string
  /** Seconds since 1970; 0 for never. */
  readonly expires: number
  /** Octets; 0 where it is not known. */
  readonly size: number
  /** IANA's number of the AEAD (1 is AES-128-GCM); 0 for none, with empty key, nonce and aad. */
  readonly encAlg: number
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly aad: Uint8Array
  /** IANA's number of the named information hash (1 is SHA-256); 0 for none. */
  readonly hashAlg: number
  /** Of what is at the URL, as it is there. */
  readonly contentHash: Uint8Array
  readonly description: string
  readonly filename: string
}

export const externalFields = 12

export const externalToFields = (part: Attachment): readonly unknown[] => [
  part.contentType,
  part.url,
  part.expires,
  part.size,
  part.encAlg,
  part.key,
  part.nonce,
  part.aad,
  part.hashAlg,
  part.contentHash,
  part.description,
  part.filename,
]

export const externalFromFields = (fields: readonly unknown[]): Attachment => ({
  contentType: textIn(fields[0], 'contentType'),
  url: textIn(fields[1], 'url'),
  expires: uintIn(fields[2], 0xffffffff, 'expires'),
  size: uintIn(fields[3], Number.MAX_SAFE_INTEGER, 'size'),
  encAlg: uintIn(fields[4], 0xffff, 'encAlg'),
  key: bytesIn(fields[5], 'key'),
  nonce: bytesIn(fields[6], 'nonce'),
  aad: bytesIn(fields[7], 'aad'),
  hashAlg: uintIn(fields[8], 0xff, 'hashAlg'),
  contentHash: bytesIn(fields[9], 'contentHash'),
  description: textIn(fields[10], 'description'),
  filename: textIn(fields[11], 'filename'),
})
