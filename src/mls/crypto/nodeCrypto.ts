/** Hashes and verifies by node:crypto; imported keys are remembered as long as their bytes live. */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import type { CryptoProvider } from './provider.js'
import { type SignatureScheme, signatureSchemes } from './signatureScheme.js'
import { isSoundKey } from './soundKey.js'

export const nodeCrypto: CryptoProvider = {
  hash: (name, bytes) => {
    const value = hash(name, bytes, 'buffer')
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  },
  isKey: (scheme, key) => importPublicKey(scheme, key) !== undefined,
  verify: ({ scheme, hash: hashName, key, content, signature }) => {
    const publicKey = importPublicKey(scheme, key)
    return publicKey !== undefined && verify(hashName, content, publicKey, signature)
  },
}

/** The public key, or undefined when the bytes are none of this scheme (unsound, not on the curve). */
export const importPublicKey = (scheme: SignatureScheme, key: Uint8Array): KeyObject | undefined =>
  importing[scheme.curve](key)

const onceEachKey = (scheme: SignatureScheme) => onceEach((key: Uint8Array) => importAnew(scheme, key))

/** By the key's own array: a leaf keeps its array from epoch to epoch, so each key is imported once. */
const importing = {
  Ed25519: onceEachKey(signatureSchemes.Ed25519),
  Ed448: onceEachKey(signatureSchemes.Ed448),
  'P-256': onceEachKey(signatureSchemes['P-256']),
  'P-384': onceEachKey(signatureSchemes['P-384']),
  'P-521': onceEachKey(signatureSchemes['P-521']),
}

/** As JWK, which node:crypto imports an order of magnitude faster than DER. */
const importAnew = (scheme: SignatureScheme, key: Uint8Array): KeyObject | undefined => {
  if (!isSoundKey(scheme.curve, key)) return undefined
  if (scheme.kty === 'OKP') return tryImport({ kty: 'OKP', crv: scheme.curve, x: toBase64url(key) })
  return importPoint(scheme.curve, key)
}

/** An uncompressed point of a NIST curve, or undefined when it is not one. */
const importPoint = (curve: string, point: Uint8Array): KeyObject | undefined => {
  const size = (point.length - 1) / 2
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
