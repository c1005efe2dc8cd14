/** Ed25519 (RFC 8032) on raw keys: by WebCrypto where it has it, by noble elsewhere (browsers of before 2025). */
import { ed25519 } from '@noble/curves/ed25519.js'

/** 32 bytes each. */
export type KeyPair = { readonly seed: Uint8Array; readonly publicKey: Uint8Array }

export const newKeyPair = (): KeyPair => keyPairOf(ed25519.utils.randomSecretKey())

export const keyPairOf = (seed: Uint8Array): KeyPair => ({ seed, publicKey: ed25519.getPublicKey(seed) })

export const sign = async (seed: Uint8Array, message: Uint8Array): Promise<Uint8Array> => {
  if (!(await hasWebCrypto())) return ed25519.sign(message, seed)
  const key = await crypto.subtle.importKey('pkcs8', own(pkcs8Of(seed)), 'Ed25519', false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, own(message)))
}

export const verify = async (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> => {
  try {
    if (!(await hasWebCrypto())) return ed25519.verify(signature, message, publicKey)
    const key = await crypto.subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, own(signature), own(message))
  } catch {
    return false
  }
}

let webCrypto: Promise<boolean> | undefined

/** Asked once: whether this runtime's WebCrypto knows Ed25519. */
const hasWebCrypto = (): Promise<boolean> => (webCrypto ??= askWebCrypto())

const askWebCrypto = async (): Promise<boolean> => {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
    return true
  } catch {
    return false
  }
}

/** A PrivateKeyInfo (RFC 8410 §7) is this prefix and the seed. */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)
const pkcs8Of = (seed: Uint8Array): Uint8Array => Uint8Array.of(...pkcs8Prefix, ...seed)

/** WebCrypto's types want an ArrayBuffer of its own. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
