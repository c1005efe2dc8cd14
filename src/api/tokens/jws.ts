/** Verifies compact JWS by signature keys as they stand in MLS leaves: EdDSA, ES256, ES384, by the key's algorithm. */
import type { KeyObject } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWTPayload, JWTVerifyOptions } from 'jose'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { importPublicKey } from '../../mls/crypto/nodeCrypto.js'
import { schemeOf } from '../../mls/crypto/servedSuites.js'
import type { SignatureAlgorithm } from '../../mls/crypto/servedSuites.js'

export type SignatureKey = {
  readonly algorithm: SignatureAlgorithm
  /** base64url: raw Ed25519, or the uncompressed point. */
  readonly publicKey: string
}

const jwsAlgorithms: { readonly [A in SignatureAlgorithm]: string } = {
  Ed25519: 'EdDSA',
  'P-256': 'ES256',
  'P-384': 'ES384',
}

/** The key, or undefined when the bytes are none of its algorithm. */
const importKey = ({ algorithm, publicKey }: SignatureKey): KeyObject | undefined => {
  const bytes = fromBase64url(publicKey)
  return bytes === undefined ? undefined : importPublicKey(schemeOf(algorithm), bytes)
}

/**
 * The claims, when one of the keys signed them and they hold. Why they do not hold is for whoever signed them; nobody else
 * learns whether there are keys at all.
 */
export const verifyClaims = async (
  jws: string,
  keys: readonly SignatureKey[],
  expected: Omit<JWTVerifyOptions, 'algorithms'>,
): Promise<{ readonly claims: JWTPayload; readonly key: SignatureKey } | { readonly invalid: string }> => {
  let invalid: string = notSigned
  for (const key of keys) {
    const imported = importKey(key)
    if (imported === undefined) continue
    try {
      const { payload } = await jwtVerify(jws, imported, { ...expected, algorithms: [jwsAlgorithms[key.algorithm]] })
      return { claims: payload, key }
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
      invalid = reasonOf(error) ?? invalid
    }
  }
  return { invalid }
}

/**
 * The issuer that a JWS names before anything is verified: only good for finding the keys to verify it by. What is signed
 * may be of any type there is, whatever RFC 7519 says.
 */
export const unverifiedIssuer = (jws: string): string | undefined => {
  try {
    return textIn(decodeJwt(jws).iss)
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** The `kid` of a JWS's header, unverified as well. */
export const unverifiedKeyId = (jws: string): string | undefined => {
  try {
    return textIn(decodeProtectedHeader(jws).kid)
  } catch {
    return undefined
  }
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What an unknown signer hears, and one whose signature is not its own. */
export const notSigned = 'not signed by a key that is known here'

/** jose looks at claims only once the signature verified. */
const reasonOf = (error: errors.JOSEError): string | undefined => {
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} does not hold`
  return error instanceof errors.JWTExpired ? 'it has expired' : undefined
}
