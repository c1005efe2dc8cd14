/** Fingerprints: of each key by its kind, of a bundle by its keys. What they are of cannot be told from them. */
import { createHash } from 'node:crypto'

/** SHA-256, base64url. `bytes`: a public part where there is one, else a secret of 256 random bits. */
export const printOf = (kind: string, bytes: Uint8Array): string =>
  createHash('sha256').update(`mls-homeserver key\n${kind}\n`).update(bytes).digest('base64url')

/** As everybody names a certificate: SHA-256 of its DER, base64url. */
export const certificatePrint = (certificate: Uint8Array): string =>
  createHash('sha256').update(certificate).digest('base64url')

/** Over the prints of all keys, in their order. */
export const printOfAll = (prints: readonly string[]): string =>
  createHash('sha256')
    .update(`mls-homeserver bundle\n${prints.join('\n')}\n`)
    .digest('base64url')
