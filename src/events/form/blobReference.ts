/** How an event names the bytes that stand in the blob port. */
import { createHash } from 'node:crypto'
import type { BlobReference } from './fields.js'

/** `digest`: SHA-256, base64url. */
export const blobReferenceOf = (bytes: Uint8Array): BlobReference => ({
  digest: createHash('sha256').update(bytes).digest('base64url'),
  size: bytes.length,
})
