/**
 * Public keys that somebody can encrypt to, or verify by: of the right size, in their one encoding, and of no small order.
 * Whether the point of a NIST curve lies on it, only the cryptography behind a suite can say.
 */
import { equalBytes } from '../bytes/bytes.js'
import type { CryptoProvider } from './provider.js'
import type { SignatureScheme } from './signatureScheme.js'
import type { CipherSuite } from './suite.js'

/** The curves of public keys; a KEM's X25519 and X448 beside those that sign. */
export type KeyCurve = SignatureScheme['curve'] | 'X25519' | 'X448'

/** An HPKE public key of the suite (RFC 9180 §7.1.4). */
export const isHpkeKey = (suite: CipherSuite, key: Uint8Array): boolean =>
  isSoundKey(suite.kemCurve, key) && (suite.kemPoint === undefined || suite.crypto.isKey(suite.kemPoint, key))

export const isSignatureKey = (crypto: CryptoProvider, scheme: SignatureScheme, key: Uint8Array): boolean =>
  isSoundKey(scheme.curve, key) && crypto.isKey(scheme, key)

/**
 * Who encrypts to a point of small order shares a secret that everybody knows, so libraries refuse to (RFC 7748 §6); by a
 * signature key of small order everybody can sign. A number beyond the field is another name for a key that has one
 * already. NIST points are uncompressed (RFC 9420 §5.1.1): compressed and hybrid ones, and the point at infinity, are none.
 */
export const isSoundKey = (curve: KeyCurve, key: Uint8Array): boolean => {
  const shape = shapes[curve]
  if (key.length !== shape.bytes) return false
  if (shape.field === undefined) return key[0] === 4
  const coordinate = coordinateOf(key, shape)
  if (coordinate === undefined || !isBelow(coordinate, shape.field)) return false
  return !shape.smallOrder.some((weak) => equalBytes(weak, coordinate))
}

/**
 * The u of a Montgomery point or the y of an Edwards point, without the highest bit: X25519 ignores it (RFC 7748 §5), Edwards
 * curves keep the sign of x there (RFC 8032 §5.1.2, §5.2.2). Undefined where bits are set that mean nothing.
 */
const coordinateOf = (key: Uint8Array, { curve, field }: CoordinateShape): Uint8Array | undefined => {
  if (curve === 'X448') return key
  const coordinate = key.slice(0, field.length)
  const last = key.length - 1
  const rest = (key[last] ?? 0) & 0x7f
  if (last < field.length) coordinate[last] = rest
  else if (rest !== 0) return undefined
  return coordinate
}

/** Both little-endian and of one length; most numbers differ in their first byte. */
const isBelow = (value: Uint8Array, bound: Uint8Array): boolean => {
  for (let at = bound.length - 1; at >= 0; at--) {
    const [mine, other] = [value[at] ?? 0, bound[at] ?? 0]
    if (mine !== other) return mine < other
  }
  return false
}

const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16))

/** 2^255 − 19 and 2^448 − 2^224 − 1, as all numbers here little-endian. */
const field25519 = fromHex(`ed${'ff'.repeat(30)}7f`)
const field448 = fromHex(`${'ff'.repeat(28)}fe${'ff'.repeat(27)}`)

const small = (value: number, field: Uint8Array): Uint8Array =>
  Uint8Array.from(field, (_byte, at) => (at === 0 ? value : 0))
/** −1. */
const lastOf = (field: Uint8Array): Uint8Array => Uint8Array.from(field, (byte, at) => (at === 0 ? byte - 1 : byte))
const trivial = (field: Uint8Array): readonly Uint8Array[] => [small(0, field), small(1, field), lastOf(field)]

/** Beside 0, 1 and −1: the points of order 8, by their u (RFC 7748) and by their y (RFC 8032). */
const order8 = {
  u: [
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ].map(fromHex),
  y: [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ].map(fromHex),
}

type CoordinateShape = {
  readonly curve: KeyCurve
  readonly bytes: number
  readonly field: Uint8Array
  readonly smallOrder: readonly Uint8Array[]
}
type Shape = CoordinateShape | { readonly curve: KeyCurve; readonly bytes: number; readonly field: undefined }

const on25519 = (curve: KeyCurve, order8: readonly Uint8Array[]): Shape => ({
  curve,
  bytes: 32,
  field: field25519,
  smallOrder: [...trivial(field25519), ...order8],
})
const on448 = (curve: KeyCurve, bytes: number): Shape => ({
  curve,
  bytes,
  field: field448,
  smallOrder: trivial(field448),
})
const uncompressed = (curve: KeyCurve, bytes: number): Shape => ({ curve, bytes, field: undefined })

const shapes: Readonly<Record<KeyCurve, Shape>> = {
  X25519: on25519('X25519', order8.u),
  X448: on448('X448', 56),
  Ed25519: on25519('Ed25519', order8.y),
  Ed448: on448('Ed448', 57),
  'P-256': uncompressed('P-256', 65),
  'P-384': uncompressed('P-384', 97),
  'P-521': uncompressed('P-521', 133),
}
