/** Whether an X.509 chain [client, intermediate] leads to a root (RFC 5280 §6.1, as far as credentials go), and whom it names. */
import { equalBytes } from '../bytes/bytes.js'
import { attempt, refuse } from '../bytes/refusal.js'
import type { CryptoProvider } from '../crypto/provider.js'
import { certificateSignature, schemeOfKey } from '../crypto/signatureScheme.js'
import { isSignatureKey } from '../crypto/soundKey.js'
import type { Credential } from '../wire/credential.js'
import { type Certificate, parseCertificate } from '../x509/certificate.js'
import { identityIn } from './identity.js'
import type { Identity, VouchedIdentity } from './policy.js'

/** A chain as it was read: nothing in it is verified. */
export type Chain = {
  readonly client: Certificate
  readonly identity: Identity
  readonly bytes: { readonly client: Uint8Array; readonly intermediate: Uint8Array }
}

/** Refuses with invalid-leaf what is not exactly [client, intermediate], or names not exactly one user and client. */
export const readChain = (credential: Credential): Chain => {
  const [leaf, intermediate, ...more] = credential.type === 'x509' ? credential.certificates : []
  if (leaf === undefined || intermediate === undefined || more.length > 0)
    return refuse('invalid-leaf', 'credentialChain')
  const client = certificateOf(leaf)
  const identity = identityIn(client) ?? refuse('invalid-leaf', 'credentialIdentity')
  return { client, identity, bytes: { client: leaf, intermediate } }
}

/**
 * The client's certificate is for this key and signed by its issuer, which the caller has found under a root (`issuerUnder`).
 * Times are told, not judged: `notBefore` and `notAfter` in ms. Refuses with invalid-leaf.
 */
export const verifyChain = (
  { client, identity, bytes }: Chain,
  signatureKey: Uint8Array,
  issuerOf: (intermediate: Uint8Array) => Certificate,
  crypto: CryptoProvider,
): VouchedIdentity & { readonly notBefore: number } => {
  if (!equalBytes(client.publicKey, signatureKey)) refuse('invalid-leaf', 'credentialKey')
  if (client.isAuthority || !client.maySignData) refuse('invalid-leaf', 'credentialUsage')
  const issuer = issuerOf(bytes.intermediate)
  if (!isSignedBy(client, issuer, crypto)) refuse('invalid-leaf', 'credentialSignature')
  return { ...identity, notBefore: client.notBefore, notAfter: Math.min(client.notAfter, issuer.notAfter) }
}

/** The intermediate, once one of the roots (DER) is found to have signed it; refuses with invalid-leaf. */
export const issuerUnder = (
  intermediate: Uint8Array,
  roots: readonly Uint8Array[],
  crypto: CryptoProvider,
): Certificate => {
  const issuer = authorityOf(intermediate, crypto)
  const isSigned = roots.some((bytes) => {
    const root = authorityOf(bytes, crypto)
    return root.pathLength !== 0 && isSignedBy(issuer, root, crypto)
  })
  return isSigned ? issuer : refuse('invalid-leaf', 'credentialRoot')
}

const authorityOf = (bytes: Uint8Array, crypto: CryptoProvider): Certificate => {
  const certificate = certificateOf(bytes)
  if (!certificate.isAuthority || !certificate.maySignCertificates) refuse('invalid-leaf', 'credentialAuthority')
  const scheme = schemeOfKey(certificate.publicKeyOid)
  if (scheme === undefined || !isSignatureKey(crypto, scheme, certificate.publicKey))
    refuse('invalid-leaf', 'credentialCertificate')
  return certificate
}

const certificateOf = (bytes: Uint8Array): Certificate => {
  const parsed = attempt(() => parseCertificate(bytes))
  return parsed.ok ? parsed.value : refuse('invalid-leaf', 'credentialCertificate')
}

const isSignedBy = (certificate: Certificate, issuer: Certificate, crypto: CryptoProvider): boolean => {
  const algorithm = certificateSignature(certificate.signatureAlgorithm)
  const scheme = schemeOfKey(issuer.publicKeyOid)
  if (scheme === undefined || algorithm?.kty !== scheme.kty) return false
  if (!equalBytes(certificate.issuer, issuer.subject)) return false
  const { signedBytes: content, signature } = certificate
  return crypto.verify({ scheme, hash: algorithm.hash, key: issuer.publicKey, content, signature })
}
