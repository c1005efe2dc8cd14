/** The cipher suites (RFC 9420 §17.1), one table row each, and the hashes and labels built on them (§5). */
import { hash as digest } from 'node:crypto'
import { refuse } from '../bytes/refusal.js'
import { written, writeOpaque, writerOf } from '../bytes/writer.js'

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

const ed25519 = { kty: 'OKP', curve: 'Ed25519', keyBytes: 32 } as const
const ed448 = { kty: 'OKP', curve: 'Ed448', keyBytes: 57 } as const
const p256 = { kty: 'EC', curve: 'P-256', keyBytes: 65 } as const
const p384 = { kty: 'EC', curve: 'P-384', keyBytes: 97 } as const
const p521 = { kty: 'EC', curve: 'P-521', keyBytes: 133 } as const

const kem = (bytes: number, point?: CipherSuite['kemPoint']) => ({
  kemPublicKeyBytes: bytes,
  kemOutputBytes: bytes,
  kemPoint: point,
})
const x25519 = kem(32)
const x448 = kem(56)

const suites: readonly CipherSuite[] = [
  { id: 1, hash: 'sha256', hashBytes: 32, signature: ed25519, ...x25519 },
  { id: 2, hash: 'sha256', hashBytes: 32, signature: p256, ...kem(65, 'P-256') },
  { id: 3, hash: 'sha256', hashBytes: 32, signature: ed25519, ...x25519 },
  { id: 4, hash: 'sha512', hashBytes: 64, signature: ed448, ...x448 },
  { id: 5, hash: 'sha512', hashBytes: 64, signature: p521, ...kem(133, 'P-521') },
  { id: 6, hash: 'sha512', hashBytes: 64, signature: ed448, ...x448 },
  { id: 7, hash: 'sha384', hashBytes: 48, signature: p384, ...kem(97, 'P-384') },
]
const byId: ReadonlyMap<number, CipherSuite> = new Map(suites.map((suite) => [suite.id, suite]))

export const cipherSuite = (id: number): CipherSuite => byId.get(id) ?? refuse('unsupported-ciphersuite', 'cipherSuite')

export const hash = (suite: CipherSuite, bytes: Uint8Array): Uint8Array => {
  const value = digest(suite.hash, bytes, 'buffer')
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** RefHash (RFC 9420 §5.2). */
export const refHash = (suite: CipherSuite, label: string, value: Uint8Array): Uint8Array => {
  const writer = writerOf(value.length + 64)
  writeOpaque(writer, labelBytes(label))
  writeOpaque(writer, value)
  return hash(suite, writer.bytes.subarray(0, writer.length))
}

/** SignContent (RFC 9420 §5.1.2): what a signature with this label covers. */
export const signContent = (label: string, content: Uint8Array): Uint8Array => {
  const writer = writerOf(content.length + 64)
  writeOpaque(writer, labelBytes(`MLS 1.0 ${label}`))
  writeOpaque(writer, content)
  return written(writer)
}

/** Labels are few and constant, and encoding one costs as much as hashing it. */
const labels = new Map<string, Uint8Array>()

const labelBytes = (label: string): Uint8Array => {
  const known = labels.get(label)
  if (known !== undefined) return known
  const bytes = new TextEncoder().encode(label)
  labels.set(label, bytes)
  return bytes
}
