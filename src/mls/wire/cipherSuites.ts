/** The cipher suites (RFC 9420 §17.1), one table row each, and which of them clients here may use, by whose signatures. */

export type CipherSuite = {
  readonly id: number
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  /** Nh: the size of hashes and tags, and of the secrets of the KDF. */
  readonly hashBytes: number
  readonly signature: SignatureScheme
  /** Npk of the KEM: the size of HPKE public keys. */
  readonly kemPublicKeyBytes: number
  /** Nenc of the KEM. */
  readonly kemOutputBytes: number
  /** Whether HPKE public keys are uncompressed points, and so begin with 4. */
  readonly kemPoint: 'P-256' | 'P-384' | 'P-521' | undefined
}

export type SignatureScheme =
  | { readonly kty: 'OKP'; readonly curve: 'Ed25519' | 'Ed448'; readonly keyBytes: number }
  | { readonly kty: 'EC'; readonly curve: 'P-256' | 'P-384' | 'P-521'; readonly keyBytes: number }

const schemes = {
  Ed25519: { kty: 'OKP', curve: 'Ed25519', keyBytes: 32 },
  Ed448: { kty: 'OKP', curve: 'Ed448', keyBytes: 57 },
  'P-256': { kty: 'EC', curve: 'P-256', keyBytes: 65 },
  'P-384': { kty: 'EC', curve: 'P-384', keyBytes: 97 },
  'P-521': { kty: 'EC', curve: 'P-521', keyBytes: 133 },
} as const

const kem = (bytes: number, point?: CipherSuite['kemPoint']) => ({
  kemPublicKeyBytes: bytes,
  kemOutputBytes: bytes,
  kemPoint: point,
})
const x25519 = kem(32)
const x448 = kem(56)

export const cipherSuites: readonly CipherSuite[] = [
  { id: 1, hash: 'sha256', hashBytes: 32, signature: schemes.Ed25519, ...x25519 },
  { id: 2, hash: 'sha256', hashBytes: 32, signature: schemes['P-256'], ...kem(65, 'P-256') },
  { id: 3, hash: 'sha256', hashBytes: 32, signature: schemes.Ed25519, ...x25519 },
  { id: 4, hash: 'sha512', hashBytes: 64, signature: schemes.Ed448, ...x448 },
  { id: 5, hash: 'sha512', hashBytes: 64, signature: schemes['P-521'], ...kem(133, 'P-521') },
  { id: 6, hash: 'sha512', hashBytes: 64, signature: schemes.Ed448, ...x448 },
  { id: 7, hash: 'sha384', hashBytes: 48, signature: schemes['P-384'], ...kem(97, 'P-384') },
]

/** The signature keys that clients and queues here may have. */
export const signatureAlgorithms = ['Ed25519', 'P-256', 'P-384'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

export const schemeOf = (algorithm: SignatureAlgorithm): SignatureScheme => schemes[algorithm]

/** The suites that groups and KeyPackages here may use: those that such keys sign for. */
export const supportedSuites: readonly number[] = cipherSuites
  .filter(({ signature }) => signatureAlgorithms.some((algorithm) => algorithm === signature.curve))
  .map(({ id }) => id)
