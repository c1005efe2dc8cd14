/** Whether the bytes of an Edwards key are a point of the curve: what a signature shows anyway, where there is none yet. */
import type { SignatureScheme } from './signatureScheme.js'

type EdwardsCurve = Extract<SignatureScheme, { readonly kty: 'OKP' }>['curve']

/** −x² + y² = 1 + dx²y² for Ed25519 and x² + y² = 1 + dx²y² for Ed448 (RFC 8032 §5.1, §5.2); `a` is the sign of x². */
const curves: Readonly<Record<EdwardsCurve, { readonly p: bigint; readonly d: bigint; readonly a: bigint }>> = {
  Ed25519: {
    p: 2n ** 255n - 19n,
    d: 37095705934669439343138083508754565189542113879843219016388785533085940283555n,
    a: -1n,
  },
  Ed448: { p: 2n ** 448n - 2n ** 224n - 1n, d: -39081n, a: 1n },
}

/**
 * There is an x for its y: (y² − 1) / (dy² − a) is a square (RFC 8032 §5.1.3, §5.2.3). The key is sound otherwise
 * (soundKey.ts). Costs as much as a signature.
 */
export const isOnEdwardsCurve = (curve: EdwardsCurve, key: Uint8Array): boolean => {
  const { p, d, a } = curves[curve]
  const y = yOf(key)
  const ySquared = (y * y) % p
  const ratio = modulo((ySquared - 1n) * (d * ySquared - a), p)
  return power(ratio, (p - 1n) / 2n, p) === 1n
}

/** Little-endian, without the sign of x. */
const yOf = (key: Uint8Array): bigint =>
  key.reduceRight((value, byte, at) => (value << 8n) | BigInt(at === key.length - 1 ? byte & 0x7f : byte), 0n)

const modulo = (value: bigint, p: bigint): bigint => ((value % p) + p) % p

const power = (base: bigint, exponent: bigint, p: bigint): bigint => {
  let result = 1n
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % p)
    if ((left & 1n) === 1n) result = (result * square) % p
  return result
}
