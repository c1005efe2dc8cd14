/** The port of the authority: reads certificate requests and vouches for the keys in them. */
import type { SignatureAlgorithm } from '../mls/crypto/servedSuites.js'
import type { ClientId, Domain, UserId } from '../mls/wire/ids.js'
import type { Succession } from './keys.js'

/** Whom a PKCS#10 request names, and the key that signed it. */
export type CertificateRequest = {
  readonly user: UserId
  readonly client: ClientId
  readonly algorithm: SignatureAlgorithm
  /** As it stands in an MLS leaf: raw Ed25519, or the uncompressed point. */
  readonly signatureKey: Uint8Array
}

/** Why a request is not one: a stable word in camelCase. */
export type UnreadableRequest = { readonly unreadable: string }

export type IssuedCertificate = {
  /** DER. */
  readonly certificate: Uint8Array
  /** The intermediate that signed it, DER. */
  readonly issuer: Uint8Array
  /** Hexadecimal, random. */
  readonly serial: string
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

export type Authority = {
  readonly domain: Domain
  /** The published trust anchor, DER. */
  readonly root: Uint8Array
  /** From each root there was to the next, that one at the end. */
  readonly successions: readonly Succession[]
  /** DER, the one that signs now last. */
  readonly intermediates: readonly Uint8Array[]
  /**
   * Parses a PKCS#10 request and verifies its proof of possession. Its subjectAltName must hold exactly a user's and a
   * client's URI; everything else in it is ignored.
   */
  readRequest(request: Uint8Array): Promise<CertificateRequest | UnreadableRequest>
  /** Issues a certificate valid from `at` (ms) for `lifetimeMs`, at most as long as the intermediate's own. */
  issue(request: CertificateRequest, at: number, lifetimeMs: number): Promise<IssuedCertificate>
  /** Signs with the key that signs certificates now; `issuer`: its own certificate, DER. */
  sign(content: Uint8Array): Promise<{ readonly issuer: Uint8Array; readonly signature: Uint8Array }>
}
