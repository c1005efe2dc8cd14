/** Keys of the three signature algorithms, from seeds: each signs certificate requests, JWS and MLS objects. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import { bitString, der, integer, octetString, oid, sequence, set } from '#src/client/crypto/derWriter.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { SignatureAlgorithm } from '#src/mls/crypto/servedSuites.js'
import { signatureSchemes } from '#src/mls/crypto/signatureScheme.js'
import type { ClientId, UserId } from '#src/mls/wire/ids.js'
import { extensionOid, uriName } from '#src/mls/x509/certificate.js'
import { utf8 } from './hex.js'
import { seededBytes } from './seededRandom.js'

export type Signer = {
  readonly algorithm: SignatureAlgorithm
  readonly jwsAlgorithm: 'EdDSA' | 'ES256' | 'ES384'
  /** The seed of an Ed25519 key; the scalar, big-endian, of an ECDSA key. */
  readonly privateKey: Uint8Array
  /** As it stands in MLS leaves: 32 bytes, or the uncompressed point. */
  readonly publicKey: Uint8Array
  /** Of certificate requests and MLS objects: raw for Ed25519, DER for ECDSA. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** Of JWS: raw for Ed25519, r and s for ECDSA. */
  readonly signForJws: (message: Uint8Array) => Uint8Array
}

const ed25519Signer = (seed: string): Signer => {
  const privateKey = seededBytes(seed, 32)
  const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, privateKey)
  const publicKey = ed25519.getPublicKey(privateKey)
  return { algorithm: 'Ed25519', jwsAlgorithm: 'EdDSA', privateKey, publicKey, sign, signForJws: sign }
}

const ecdsaSigner = (seed: string, algorithm: 'P-256' | 'P-384'): Signer => {
  const curve = algorithm === 'P-256' ? p256 : p384
  const { secretKey: privateKey } = curve.keygen(seededBytes(seed, curve.lengths.seed ?? 0))
  const options = { prehash: true, lowS: false } as const
  return {
    algorithm,
    jwsAlgorithm: algorithm === 'P-256' ? 'ES256' : 'ES384',
    privateKey,
    publicKey: curve.getPublicKey(privateKey, false),
    sign: (message) => curve.sign(message, privateKey, { ...options, format: 'der' }),
    signForJws: (message) => curve.sign(message, privateKey, { ...options, format: 'compact' }),
  }
}

export const signerOf = (seed: string, algorithm: SignatureAlgorithm): Signer =>
  algorithm === 'Ed25519' ? ed25519Signer(seed) : ecdsaSigner(seed, algorithm)

/** A JWS in compact form; the signed text beside it, for whoever checks an implementation step by step. */
export const jwsOf = (signer: Signer, header: object, claims: object): { signingInput: string; jws: string } => {
  const part = (value: object): string => toBase64url(utf8(JSON.stringify(value)))
  const signingInput = `${part({ alg: signer.jwsAlgorithm, ...header })}.${part(claims)}`
  return { signingInput, jws: `${signingInput}.${toBase64url(signer.signForJws(utf8(signingInput)))}` }
}

const ecPublicKey = '1.2.840.10045.2.1'
const signatureOids = {
  Ed25519: signatureSchemes.Ed25519.keyOid,
  'P-256': '1.2.840.10045.4.3.2',
  'P-384': '1.2.840.10045.4.3.3',
}

/** A certificate request as the SDK makes it, for any of the algorithms. */
export const requestOf = (signer: Signer, user: UserId, client: ClientId): Uint8Array => {
  const { algorithm, publicKey } = signer
  const keyOid = oid(signatureSchemes[algorithm].keyOid)
  const keyAlgorithm = algorithm === 'Ed25519' ? sequence(keyOid) : sequence(oid(ecPublicKey), keyOid)
  const names = sequence(...[user, client].map((uri) => der(uriName, utf8(uri))))
  const extensions = sequence(sequence(oid(extensionOid.subjectAltName), octetString(names)))
  const info = sequence(
    integer(0),
    sequence(),
    sequence(keyAlgorithm, bitString(publicKey)),
    der(0xa0, sequence(oid('1.2.840.113549.1.9.14'), set(extensions))),
  )
  return sequence(info, sequence(oid(signatureOids[algorithm])), bitString(signer.sign(info)))
}
