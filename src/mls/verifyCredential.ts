/** Verifies an x509 credential against the published roots of its homeserver. */
import type { Credential } from './credential.js'
import type { Domain } from './ids.js'
import type { VouchedIdentity } from './policy.js'
import type { Result } from './refusal.js'

/** The DER root certificates that a domain publishes; none for an unknown domain. */
export type Trust = (domain: Domain) => readonly Uint8Array[]

/**
 * A chain [client, intermediate] under a root of the client's domain, whose SAN is exactly the user and client URIs and
 * whose key is the leaf's signature key. Expiry does not make it fail; the caller acts on `notAfter`.
 */
export const verifyCredential = (
  _credential: Credential,
  _signatureKey: Uint8Array,
  _trust: Trust,
  _now: number,
): Result<VouchedIdentity> => {
  throw new Error('being written')
}
