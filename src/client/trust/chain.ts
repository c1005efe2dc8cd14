/** Whether a client's certificate chain leads to its homeserver's published root, and whom it names. */
import { p256, p384 } from '@noble/curves/nist.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { type Certificate, parseCertificate } from '../../mls/x509/certificate.js'
import type { Domain } from '../../mls/wire/ids.js'
import { identityIn } from '../../mls/group/identity.js'
import type { Identity } from '../../mls/group/policy.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { verify } from '../crypto/ed25519.js'

/** The DER root certificate that a domain publishes; undefined for a domain that is not known. */
export type RootOf = (domain: Domain) => Promise<Uint8Array | undefined>

export type VerifyChain = (
  certificates: readonly Uint8Array[],
  signatureKey: Uint8Array,
) => Promise<Identity | undefined>

/** How many verified chains are remembered, oldest first to go. */
const chainsMax = 5_000

/**
 * Verifies [client, intermediate] under the root of the domain that the client's SAN names; the certificate's key must be the
 * leaf's. Expiry and revocation do not count here: they act by removal from groups (rules.md, vouching).
 */
export const chainVerifier = (rootOf: RootOf): VerifyChain => {
  const known = new Map<string, Identity>()
  return async (certificates, signatureKey) => {
    const key = [...certificates, signatureKey].map(toBase64url).join('.')
    const remembered = known.get(key)
    if (remembered !== undefined) return remembered
    const identity = await verifyChain(certificates, signatureKey, rootOf)
    if (identity !== undefined) {
      for (const oldest of known.size < chainsMax ? [] : [...known.keys()].slice(0, 1)) known.delete(oldest)
      known.set(key, identity)
    }
    return identity
  }
}

const verifyChain = async (
  certificates: readonly Uint8Array[],
  signatureKey: Uint8Array,
  rootOf: RootOf,
): Promise<Identity | undefined> => {
  const [client, intermediate, ...more] = certificates.map(parse)
  if (client === undefined || intermediate === undefined || more.length > 0) return undefined
  const identity = identityIn(client)
  if (identity === undefined || toBase64url(client.publicKey) !== toBase64url(signatureKey)) return undefined
  if (client.isAuthority || !client.maySignData || !mayIssue(intermediate)) return undefined
  const rootBytes = await rootOf(identity.domain)
  const root = rootBytes === undefined ? undefined : parse(rootBytes)
  if (root === undefined || !mayIssue(root) || root.pathLength === 0) return undefined
  return (await isSignedBy(client, intermediate)) && (await isSignedBy(intermediate, root)) ? identity : undefined
}

const parse = (bytes: Uint8Array): Certificate | undefined => {
  const parsed = attempt(() => parseCertificate(bytes))
  return parsed.ok ? parsed.value : undefined
}

const mayIssue = ({ isAuthority, maySignCertificates }: Certificate): boolean => isAuthority && maySignCertificates

const isSignedBy = async (certificate: Certificate, issuer: Certificate): Promise<boolean> => {
  if (toBase64url(certificate.issuer) !== toBase64url(issuer.subject)) return false
  const { signedBytes, signature } = certificate
  switch (certificate.signatureAlgorithm) {
    case '1.3.101.112':
      return verify(issuer.publicKey, signedBytes, signature)
    case '1.2.840.10045.4.3.2':
      return verifyEcdsa(p256, issuer.publicKey, signedBytes, signature)
    case '1.2.840.10045.4.3.3':
      return verifyEcdsa(p384, issuer.publicKey, signedBytes, signature)
    default:
      return false
  }
}

const verifyEcdsa = (
  curve: typeof p256,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean => {
  try {
    return curve.verify(signature, message, publicKey, { prehash: true, format: 'der', lowS: false })
  } catch {
    return false
  }
}
