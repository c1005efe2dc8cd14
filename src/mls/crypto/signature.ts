/** Verifies signatures with labels (RFC 9420 §5.1.2); imported keys are remembered as long as their bytes live. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import type { CipherSuite, SignatureScheme } from '../wire/cipherSuites.js'
import { signContent } from './cipherSuite.js'

/** The public key, or undefined when the bytes are none of this scheme (wrong size, not on the curve). */
export const importPublicKey = (scheme: SignatureScheme, key: Uint8Array): KeyObject | undefined =>
  importing(scheme)(key)

/** By the key's own array: a leaf keeps its array from epoch to epoch, so each key is imported once. */
const importing = onceEach((scheme: SignatureScheme) => onceEach((key: Uint8Array) => importAnew(scheme, key)))

/** As JWK, which node:crypto imports an order of magnitude faster than DER. */
const importAnew = (scheme: SignatureScheme, key: Uint8Array): KeyObject | undefined => {
  if (key.length !== scheme.keyBytes) return undefined
  if (scheme.kty === 'OKP') return tryImport({ kty: 'OKP', crv: scheme.curve, x: toBase64url(key) })
  return importPoint(scheme.curve, key)
}

/** An uncompressed point of a NIST curve, or undefined when it is not one. */
export const importPoint = (curve: string, point: Uint8Array): KeyObject | undefined => {
  const size = (point.length - 1) / 2
  if (point[0] !== 4 || !Number.isInteger(size)) return undefined
  const x = toBase64url(point.subarray(1, 1 + size))
  const y = toBase64url(point.subarray(1 + size))
  return tryImport({ kty: 'EC', crv: curve, x, y })
}

const tryImport = (key: JsonWebKey): KeyObject | undefined => {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    return undefined
  }
}

type JsonWebKey = { readonly kty: string; readonly crv: string; readonly x: string; readonly y?: string }

/** VerifyWithLabel. */
export const verifyWithLabel = (
  suite: CipherSuite,
  key: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): boolean => {
  const publicKey = importPublicKey(suite.signature, key)
  if (publicKey === undefined) return false
  const algorithm = suite.signature.kty === 'OKP' ? undefined : suite.hash
  return verify(algorithm, signContent(label, content), publicKey, signature)
}
