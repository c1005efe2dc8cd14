/** The keys of pushes: derived from a secret that every bundle has, so that one made before there was push has them too. */
import { createECDH, hkdfSync } from 'node:crypto'
import type { VapidPair } from '../../ports/keys.js'

const derived = (secret: Uint8Array, what: string, length: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `push ${what}`, length))

/** Seals subscriptions at rest. */
export const pushKeyFrom = (secret: Uint8Array): Uint8Array => derived(secret, 'subscriptions', 32)

/** The order of P-256 (FIPS 186-5). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** 128 bits more than the order has: no scalar is likelier than another (FIPS 186-5 §A.2.1). */
export const firstVapidKey = (secret: Uint8Array): VapidPair => {
  const wide = BigInt(`0x${Buffer.from(derived(secret, 'VAPID', 48)).toString('hex')}`)
  const scalar = (wide % (order - 1n)) + 1n
  return vapidKeyOf(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex'))
}

/** `privateKey`: a scalar, 32 bytes. */
export const vapidKeyOf = (privateKey: Uint8Array): VapidPair => {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(privateKey)
  return { publicKey: new Uint8Array(pair.getPublicKey()), privateKey: new Uint8Array(privateKey) }
}
