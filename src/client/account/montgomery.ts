/** Ed25519 keys as X25519 keys, by the birational map of RFC 7748 §4.1. */
import { ed25519 } from '@noble/curves/ed25519.js'

export const edwardsToMontgomery = (publicKey: Uint8Array): Uint8Array => ed25519.utils.toMontgomery(publicKey)

export const montgomerySecret = (seed: Uint8Array): Uint8Array => ed25519.utils.toMontgomerySecret(seed)
