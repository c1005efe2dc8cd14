/** Reads a PKCS#10 certificate request (RFC 2986): whom it names, and the proof that it holds the key. */
import { attempt } from '../../mls/bytes/refusal.js'
import { nodeCrypto } from '../../mls/crypto/nodeCrypto.js'
import { schemeOf, signatureAlgorithms } from '../../mls/crypto/servedSuites.js'
import type { SignatureAlgorithm } from '../../mls/crypto/servedSuites.js'
import { certificateSignature } from '../../mls/crypto/signatureScheme.js'
import type { HashName } from '../../mls/crypto/signatureScheme.js'
import { domainOf, parseClientId, parseUserId } from '../../mls/wire/ids.js'
import { parseCertificationRequest } from '../../mls/x509/certificationRequest.js'
import type { CertificationRequest } from '../../mls/x509/certificationRequest.js'
import type { CertificateRequest, UnreadableRequest } from '../../ports/authority.js'

/** Bytes of strangers are read by our own strict reader alone: whatever they are, there is an answer. */
export const readCertificateRequest = (bytes: Uint8Array): Promise<CertificateRequest | UnreadableRequest> =>
  Promise.resolve(read(bytes))

const read = (bytes: Uint8Array): CertificateRequest | UnreadableRequest => {
  const parsed = attempt(() => parseCertificationRequest(bytes))
  if (!parsed.ok) return { unreadable: 'notARequest' }
  const request = parsed.value
  const algorithm = algorithmIn(request)
  if (algorithm === undefined) return { unreadable: 'keyAlgorithm' }
  if (!isSignedAs(algorithm, request)) return { unreadable: 'signatureAlgorithm' }
  if (!isProven(algorithm, request)) return { unreadable: 'signature' }
  const names = namesIn(request)
  return names === undefined
    ? { unreadable: 'subjectAltName' }
    : { ...names, algorithm, signatureKey: request.publicKey.slice() }
}

/** Undefined of a key that is none of ours, or none at all. */
const algorithmIn = ({ publicKeyOid, publicKey }: CertificationRequest): SignatureAlgorithm | undefined => {
  const algorithm = signatureAlgorithms.find((one) => schemeOf(one).keyOid === publicKeyOid)
  return algorithm !== undefined && nodeCrypto.isKey(schemeOf(algorithm), publicKey) ? algorithm : undefined
}

/** Which hash a signature of each algorithm is made over; Ed25519 brings its own. */
const hashes: { readonly [A in SignatureAlgorithm]: HashName | undefined } = {
  Ed25519: undefined,
  'P-256': 'sha256',
  'P-384': 'sha384',
}

const isSignedAs = (algorithm: SignatureAlgorithm, { signatureAlgorithm }: CertificationRequest): boolean => {
  const signed = certificateSignature(signatureAlgorithm)
  return signed?.kty === schemeOf(algorithm).kty && signed.hash === hashes[algorithm]
}

const isProven = (
  algorithm: SignatureAlgorithm,
  { publicKey: key, signedBytes: content, signature }: CertificationRequest,
): boolean => nodeCrypto.verify({ scheme: schemeOf(algorithm), hash: hashes[algorithm], key, content, signature })

/** Exactly one user's and one client's URI of one domain, in either order. */
const namesIn = ({ uris = [] }: CertificationRequest): Pick<CertificateRequest, 'user' | 'client'> | undefined => {
  const user = uris.map(parseUserId).find((id) => id !== undefined)
  const client = uris.map(parseClientId).find((id) => id !== undefined)
  if (uris.length !== 2 || user === undefined || client === undefined) return undefined
  return domainOf(user) === domainOf(client) ? { user, client } : undefined
}
