/** The little cryptography that verification needs, given from outside: by node:crypto on the server, by libraries in browsers. */
import type { HashName, SignatureScheme } from './signatureScheme.js'

export type CryptoProvider = {
  readonly hash: (name: HashName, bytes: Uint8Array) => Uint8Array
  /** Whether the bytes are a key of this scheme: of its size and, for NIST curves, a point on the curve. */
  readonly isKey: (scheme: SignatureScheme, key: Uint8Array) => boolean
  /** ECDSA signatures are DER. Edwards curves bring their own hash: `hash` is undefined. False when the key is none. */
  readonly verify: (signature: SignatureToVerify) => boolean
}

export type SignatureToVerify = {
  readonly scheme: SignatureScheme
  readonly hash: HashName | undefined
  readonly key: Uint8Array
  readonly content: Uint8Array
  readonly signature: Uint8Array
}
