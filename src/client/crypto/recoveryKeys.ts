/** What a recovery code stands for: what finds the key at the server, and the key itself, which a passphrase may guard in addition. */
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { sha256 } from './digest.js'
import { type KeyPair, keyPairOf } from './ed25519.js'

export type RecoveryKeys = {
  /** base64url of 16 bytes: it finds the key, and tells nothing of it. */
  readonly locator: string
  /** SHA-256 of the locator, base64url: what the server keeps. */
  readonly locatorHash: string
  readonly keys: KeyPair
}

/** RFC 9106 §4, the second recommendation: 64 MiB, three passes, four lanes. */
const stretching = { m: 64 * 1024, t: 3, p: 4, dkLen: 32 } as const

/** `code`: 16 bytes. The passphrase is stretched under a salt that only the code gives: nobody can begin without it. */
export const recoveryKeysOf = async (code: Uint8Array, passphrase: string | undefined): Promise<RecoveryKeys> => {
  const locator = await derive(code, 'mls-homeserver recovery locator 1', 16)
  const seed = await derive(await secretOf(code, passphrase), 'mls-homeserver recovery key 1', 32)
  return { locator: toBase64url(locator), locatorHash: toBase64url(await sha256(locator)), keys: keyPairOf(seed) }
}

const secretOf = async (code: Uint8Array, passphrase: string | undefined): Promise<Uint8Array> => {
  if (passphrase === undefined) return code
  const salt = await derive(code, 'mls-homeserver recovery salt 1', 16)
  const password = new TextEncoder().encode(passphrase.normalize('NFKC'))
  return Uint8Array.of(...code, ...(await argon2idAsync(password, salt, stretching)))
}

/** HKDF-SHA256 (RFC 5869) without a salt. */
const derive = async (secret: Uint8Array, info: string, bytes: number): Promise<Uint8Array> => {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: new TextEncoder().encode(info) }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, bytes * 8))
}
