/** The cipher suites (RFC 9420 §17.1), one table row each; browser-safe, the cryptography behind them is given. */
import { refuse } from '../bytes/refusal.js'
import type { CryptoProvider } from './provider.js'
import { type HashName, type SignatureScheme, signatureSchemes } from './signatureScheme.js'
import type { KeyCurve } from './soundKey.js'

export type CipherSuite = {
  readonly id: number
  readonly hash: HashName
  /** Nh: the size of hashes and tags, and of the secrets of the KDF. */
  readonly hashBytes: number
  readonly signature: SignatureScheme
  /** Npk of the KEM: the size of HPKE public keys. */
  readonly kemPublicKeyBytes: number
  /** Nenc of the KEM. */
  readonly kemOutputBytes: number
  readonly kemCurve: KeyCurve
  /** The curve whose uncompressed points HPKE public keys are, if any. */
  readonly kemPoint: PointScheme | undefined
  readonly crypto: CryptoProvider
}

type PointScheme = Extract<SignatureScheme, { readonly kty: 'EC' }>

const { Ed25519, Ed448, 'P-256': p256, 'P-384': p384, 'P-521': p521 } = signatureSchemes

const kem = (kemCurve: KeyCurve, bytes: number, point?: PointScheme) => ({
  kemPublicKeyBytes: bytes,
  kemOutputBytes: bytes,
  kemCurve,
  kemPoint: point,
})
const kemOf = (point: PointScheme) => kem(point.curve, point.keyBytes, point)
const x25519 = kem('X25519', 32)
const x448 = kem('X448', 56)

const suites: readonly Omit<CipherSuite, 'crypto'>[] = [
  { id: 1, hash: 'sha256', hashBytes: 32, signature: Ed25519, ...x25519 },
  { id: 2, hash: 'sha256', hashBytes: 32, signature: p256, ...kemOf(p256) },
  { id: 3, hash: 'sha256', hashBytes: 32, signature: Ed25519, ...x25519 },
  { id: 4, hash: 'sha512', hashBytes: 64, signature: Ed448, ...x448 },
  { id: 5, hash: 'sha512', hashBytes: 64, signature: p521, ...kemOf(p521) },
  { id: 6, hash: 'sha512', hashBytes: 64, signature: Ed448, ...x448 },
  { id: 7, hash: 'sha384', hashBytes: 48, signature: p384, ...kemOf(p384) },
]

/** The suites whose members sign by this curve. */
export const suiteIdsOf = (curve: SignatureScheme['curve']): readonly number[] =>
  suites.filter(({ signature }) => signature.curve === curve).map(({ id }) => id)

/** The suites over one provider; asking for one that is none of ours refuses with unsupported-ciphersuite. */
export const suitesOver = (crypto: CryptoProvider): ((id: number) => CipherSuite) => {
  const byId: ReadonlyMap<number, CipherSuite> = new Map(suites.map((suite) => [suite.id, { ...suite, crypto }]))
  return (id) => byId.get(id) ?? refuse('unsupported-ciphersuite', 'cipherSuite')
}
