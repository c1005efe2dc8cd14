/** HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM, single-shot. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import type { HpkeCiphertext } from '../wire/hpkeCiphertext.js'

const keyBytes = 16
const nonceBytes = 12
const tagBytes = 16
const secretBytes = 32
const publicKeyBytes = 32

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const versionLabel = ascii('HPKE-v1')
const kemSuite = Uint8Array.of(0x4b, 0x45, 0x4d, 0x00, 0x20)
const hpkeSuite = Uint8Array.of(0x48, 0x50, 0x4b, 0x45, 0x00, 0x20, 0x00, 0x01, 0x00, 0x01)
const none = new Uint8Array(0)

/** The fixed head of an X25519 key in PKCS#8 (RFC 8410). */
const privateKeyHead = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32)

/** An X25519 private key from its 32 raw bytes. */
export const importX25519PrivateKey = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([privateKeyHead, raw]), format: 'der', type: 'pkcs8' })

/** An X25519 public key from its 32 raw bytes; undefined when they are not 32. */
const importX25519PublicKey = (raw: Uint8Array): KeyObject | undefined =>
  raw.length === publicKeyBytes
    ? createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: toBase64url(raw) }, format: 'jwk' })
    : undefined

/** The 32 raw bytes of a key pair's public key, remembered: taking them out costs twice as much as using them. */
export const rawX25519PublicKey = onceEach((key: KeyObject): Uint8Array => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-publicKeyBytes))
})

export type HpkeContext = { readonly info: Uint8Array; readonly aad: Uint8Array }

/** The plaintext, or undefined when the ciphertext was not made for this key, info and AAD. */
export const hpkeOpen = (
  privateKey: KeyObject,
  sealed: HpkeCiphertext,
  { info, aad }: HpkeContext,
): Uint8Array | undefined => {
  const ephemeral = importX25519PublicKey(sealed.kemOutput)
  if (ephemeral === undefined || sealed.ciphertext.length < tagBytes) return undefined
  try {
    const shared = sharedSecret(privateKey, ephemeral, sealed.kemOutput, rawX25519PublicKey(privateKey))
    const { key, nonce } = keySchedule(shared, info)
    const cipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: tagBytes })
    cipher.setAAD(aad)
    cipher.setAuthTag(sealed.ciphertext.subarray(-tagBytes))
    const plaintext = Buffer.concat([cipher.update(sealed.ciphertext.subarray(0, -tagBytes)), cipher.final()])
    return new Uint8Array(plaintext)
  } catch {
    return undefined
  }
}

export const hpkeSeal = (publicKey: Uint8Array, plaintext: Uint8Array, { info, aad }: HpkeContext): HpkeCiphertext => {
  const recipient = importX25519PublicKey(publicKey)
  if (recipient === undefined) throw new RangeError('an X25519 public key has 32 bytes')
  const ephemeral = generateKeyPairSync('x25519')
  const kemOutput = rawX25519PublicKey(ephemeral.publicKey)
  const { key, nonce } = keySchedule(sharedSecret(ephemeral.privateKey, recipient, kemOutput, publicKey), info)
  const cipher = createCipheriv('aes-128-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return { kemOutput, ciphertext: new Uint8Array(ciphertext) }
}

/** ExtractAndExpand of the KEM (RFC 9180 §4.1). */
const sharedSecret = (
  privateKey: KeyObject,
  publicKey: KeyObject,
  enc: Uint8Array,
  recipient: Uint8Array,
): Uint8Array => {
  const shared = diffieHellman({ privateKey, publicKey })
  const prk = labeledExtract(kemSuite, none, 'eae_prk', shared)
  return labeledExpand(kemSuite, prk, 'shared_secret', Buffer.concat([enc, recipient]), secretBytes)
}

/** KeySchedule in base mode (RFC 9180 §5.1), for the first message, whose nonce is the base nonce. */
const keySchedule = (
  shared: Uint8Array,
  info: Uint8Array,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } => {
  const context = scheduleContext(info)
  const secret = labeledExtract(hpkeSuite, shared, 'secret', none)
  return {
    key: labeledExpand(hpkeSuite, secret, 'key', context, keyBytes),
    nonce: labeledExpand(hpkeSuite, secret, 'base_nonce', context, nonceBytes),
  }
}

/** The key schedule's context, remembered by the caller's `info` array, which is a constant. */
const scheduleContext = onceEach((info: Uint8Array): Uint8Array => {
  const pskIdHash = labeledExtract(hpkeSuite, none, 'psk_id_hash', none)
  const infoHash = labeledExtract(hpkeSuite, none, 'info_hash', info)
  return Buffer.concat([Uint8Array.of(0), pskIdHash, infoHash])
})

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Uint8Array =>
  hmac(salt.length === 0 ? new Uint8Array(secretBytes) : salt, versionLabel, suite, ascii(label), input)

/** At most one block of output, which is all that is needed here. */
const labeledExpand = (
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array =>
  hmac(
    prk,
    Uint8Array.of(length >> 8, length & 255),
    versionLabel,
    suite,
    ascii(label),
    info,
    Uint8Array.of(1),
  ).subarray(0, length)
