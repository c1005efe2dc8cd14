/** Verifies an x509 credential against the published roots of its homeserver. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { keepNewest } from '../../structures/newest.js'
import type { Newest } from '../../structures/newest.js'
import { equalBytes } from '../bytes/bytes.js'
import { type Certificate, parseCertificate } from '../x509/certificate.js'
import type { Credential } from '../wire/credential.js'
import type { Domain } from '../wire/ids.js'
import { identityIn } from './identity.js'
import type { VouchedIdentity } from './policy.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'

/** The DER root certificates that a domain publishes; none for an unknown domain. */
export type Trust = (domain: Domain) => readonly Uint8Array[]

/** How far a certificate may be ahead of our clock. */
const clockSkewMs = 10 * 60 * 1000

/** What signs: its key as imported, and its certificate. */
type Issuer = { readonly certificate: Certificate; readonly key: KeyObject }

const hashBySignature: Readonly<Record<string, string | null>> = {
  '1.3.101.112': null,
  '1.3.101.113': null,
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

type VerifiedChain = VouchedIdentity & { readonly notBefore: number }

/** Chains and issuers whose signatures were verified, by digest: whoever owns the policy keeps them between checks. */
export type VerifiedChains = {
  readonly chains: Newest<string, VerifiedChain>
  readonly issuers: Newest<string, Issuer>
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
    const { notBefore, ...identity } = verifyChain(credential, signatureKey, trust, verified)
    return notBefore > now + clockSkewMs ? refuse('invalid-leaf', 'certificateNotYetValid') : identity
  })

const verifyChain = (
  credential: Credential,
  signatureKey: Uint8Array,
  trust: Trust,
  { chains, issuers }: VerifiedChains,
): VerifiedChain => {
  const [leaf, intermediate, ...more] = credential.type === 'x509' ? credential.certificates : []
  if (leaf === undefined || intermediate === undefined || more.length > 0)
    return refuse('invalid-leaf', 'credentialChain')
  const certificate = certificateOf(leaf)
  const identity = identityIn(certificate) ?? refuse('invalid-leaf', 'credentialIdentity')
  const roots = trust(identity.domain)
  const digest = digestOf([leaf, intermediate, signatureKey, ...roots])
  const known = chains.get(digest)
  if (known !== undefined) return known
  if (!equalBytes(certificate.publicKey, signatureKey)) refuse('invalid-leaf', 'credentialKey')
  if (certificate.isAuthority || !certificate.maySignData) refuse('invalid-leaf', 'credentialUsage')
  const issuer = issuerUnder(intermediate, roots, issuers)
  if (!isSignedBy(certificate, issuer)) refuse('invalid-leaf', 'credentialSignature')
  const notAfter = Math.min(certificate.notAfter, issuer.certificate.notAfter)
  const chain = { ...identity, notBefore: certificate.notBefore, notAfter }
  chains.set(digest, chain)
  return chain
}

/** The intermediate as an issuer, once one of the roots is found to have signed it. */
const issuerUnder = (bytes: Uint8Array, roots: readonly Uint8Array[], issuers: VerifiedChains['issuers']): Issuer => {
  const digest = digestOf([bytes, ...roots])
  const known = issuers.get(digest)
  if (known !== undefined) return known
  const intermediate = issuerOf(bytes)
  const isSigned = roots.some((root) => {
    const issuer = issuerOf(root)
    return issuer.certificate.pathLength !== 0 && isSignedBy(intermediate.certificate, issuer)
  })
  if (!isSigned) refuse('invalid-leaf', 'credentialRoot')
  issuers.set(digest, intermediate)
  return intermediate
}

const issuerOf = (bytes: Uint8Array): Issuer => {
  const certificate = certificateOf(bytes)
  if (!certificate.isAuthority || !certificate.maySignCertificates) refuse('invalid-leaf', 'credentialAuthority')
  return { certificate, key: keyOf(certificate) }
}

const certificateOf = (bytes: Uint8Array): Certificate => {
  const parsed = attempt(() => parseCertificate(bytes))
  return parsed.ok ? parsed.value : refuse('invalid-leaf', 'credentialCertificate')
}

const keyOf = (certificate: Certificate): KeyObject => {
  try {
    return createPublicKey({ key: Buffer.from(certificate.publicKeyInfo), format: 'der', type: 'spki' })
  } catch {
    return refuse('invalid-leaf', 'credentialCertificate')
  }
}

const isSignedBy = (certificate: Certificate, issuer: Issuer): boolean => {
  const algorithm = hashBySignature[certificate.signatureAlgorithm]
  if (algorithm === undefined || !equalBytes(certificate.issuer, issuer.certificate.subject)) return false
  const isEdwards = issuer.key.asymmetricKeyType === 'ed25519' || issuer.key.asymmetricKeyType === 'ed448'
  if (isEdwards !== (algorithm === null)) return false
  return verify(algorithm, certificate.signedBytes, issuer.key, certificate.signature)
}

const digestOf = (parts: readonly Uint8Array[]): string => {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(Uint32Array.of(part.length)).update(part)
  return digest.digest('base64url')
}
