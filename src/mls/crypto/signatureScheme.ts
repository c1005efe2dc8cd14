/** The signature algorithms that are verified here, one table row each, and the numbers that X.509 has for them. */

export type HashName = 'sha256' | 'sha384' | 'sha512'

export type SignatureScheme =
  | { readonly kty: 'OKP'; readonly curve: 'Ed25519' | 'Ed448'; readonly keyBytes: number; readonly keyOid: string }
  | {
      readonly kty: 'EC'
      readonly curve: 'P-256' | 'P-384' | 'P-521'
      /** Of the uncompressed point. */
      readonly keyBytes: number
      readonly keyOid: string
    }

/** `keyOid` is the algorithm of an Edwards key (RFC 8410 §3), the curve of an ECDSA key (RFC 5480 §2.1.1.1). */
export const signatureSchemes = {
  Ed25519: { kty: 'OKP', curve: 'Ed25519', keyBytes: 32, keyOid: '1.3.101.112' },
  Ed448: { kty: 'OKP', curve: 'Ed448', keyBytes: 57, keyOid: '1.3.101.113' },
  'P-256': { kty: 'EC', curve: 'P-256', keyBytes: 65, keyOid: '1.2.840.10045.3.1.7' },
  'P-384': { kty: 'EC', curve: 'P-384', keyBytes: 97, keyOid: '1.3.132.0.34' },
  'P-521': { kty: 'EC', curve: 'P-521', keyBytes: 133, keyOid: '1.3.132.0.35' },
} as const satisfies { readonly [curve in SignatureScheme['curve']]: SignatureScheme }

const byKeyOid: ReadonlyMap<string, SignatureScheme> = new Map(
  Object.values(signatureSchemes).map((scheme) => [scheme.keyOid, scheme]),
)

export const schemeOfKey = (keyOid: string): SignatureScheme | undefined => byKeyOid.get(keyOid)

/** Signatures in X.509 (RFC 8410 §3, RFC 5758 §3.2): the kind of key that makes them, and over which hash. */
const byOid: ReadonlyMap<string, { readonly kty: SignatureScheme['kty']; readonly hash: HashName | undefined }> =
  new Map([
    [signatureSchemes.Ed25519.keyOid, { kty: 'OKP', hash: undefined }],
    [signatureSchemes.Ed448.keyOid, { kty: 'OKP', hash: undefined }],
    ['1.2.840.10045.4.3.2', { kty: 'EC', hash: 'sha256' }],
    ['1.2.840.10045.4.3.3', { kty: 'EC', hash: 'sha384' }],
    ['1.2.840.10045.4.3.4', { kty: 'EC', hash: 'sha512' }],
  ])

export const certificateSignature = (oid: string) => byOid.get(oid)
