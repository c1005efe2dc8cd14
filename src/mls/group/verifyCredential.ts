/** The server's check of an x509 credential against the published roots of its homeserver; its owner keeps what was verified. */
import { createHash } from 'node:crypto'
import { keepNewest } from '../../structures/newest.js'
import type { Newest } from '../../structures/newest.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import { nodeCrypto } from '../crypto/nodeCrypto.js'
import type { Credential } from '../wire/credential.js'
import type { Domain } from '../wire/ids.js'
import type { Certificate } from '../x509/certificate.js'
import type { VouchedIdentity } from './policy.js'
import { issuerUnder, readChain, verifyChain } from './verifyChain.js'

/** The DER root certificates that a domain publishes; none for an unknown domain. */
export type Trust = (domain: Domain) => readonly Uint8Array[]

/** How far a certificate may be ahead of our clock. */
const clockSkewMs = 10 * 60 * 1000

type VerifiedChain = VouchedIdentity & { readonly notBefore: number }

/** Chains and issuers whose signatures were verified, by digest: whoever owns the policy keeps them between checks. */
export type VerifiedChains = {
  readonly chains: Newest<string, VerifiedChain>
  readonly issuers: Newest<string, Certificate>
}

export const newVerifiedChains = (chainsMax: number, issuersMax: number): VerifiedChains => ({
  chains: keepNewest(chainsMax),
  issuers: keepNewest(issuersMax),
})

/**
 * A chain [client, intermediate] under a root of the client's domain, whose SAN is exactly the user and client URIs and
 * whose key is the leaf's signature key. Expiry does not make it fail: the caller acts on `notAfter` (ms), because a
 * credential refused in one leaf would make every later join fail. Refuses with invalid-leaf.
 */
export const verifyCredential = (
  credential: Credential,
  signatureKey: Uint8Array,
  trust: Trust,
  now: number,
  verified: VerifiedChains = newVerifiedChains(1, 1),
): Result<VouchedIdentity> =>
  attempt(() => {
    const { notBefore, ...identity } = vouched(credential, signatureKey, trust, verified)
    return notBefore > now + clockSkewMs ? refuse('invalid-leaf', 'certificateNotYetValid') : identity
  })

const vouched = (
  credential: Credential,
  signatureKey: Uint8Array,
  trust: Trust,
  { chains, issuers }: VerifiedChains,
): VerifiedChain => {
  const chain = readChain(credential)
  const roots = trust(chain.identity.domain)
  const digest = digestOf([chain.bytes.client, chain.bytes.intermediate, signatureKey, ...roots])
  const known = chains.get(digest)
  if (known !== undefined) return known
  const verified = verifyChain(chain, signatureKey, (bytes) => knownIssuer(bytes, roots, issuers), nodeCrypto)
  chains.set(digest, verified)
  return verified
}

/** Its certificate is parsed once, and its key imported once. */
const knownIssuer = (
  intermediate: Uint8Array,
  roots: readonly Uint8Array[],
  issuers: VerifiedChains['issuers'],
): Certificate => {
  const digest = digestOf([intermediate, ...roots])
  const known = issuers.get(digest)
  if (known !== undefined) return known
  const issuer = issuerUnder(intermediate, roots, nodeCrypto)
  issuers.set(digest, issuer)
  return issuer
}

const digestOf = (parts: readonly Uint8Array[]): string => {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(Uint32Array.of(part.length)).update(part)
  return digest.digest('base64url')
}
