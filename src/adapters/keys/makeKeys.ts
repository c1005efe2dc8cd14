/** New keys of each kind. */
import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { FederationKey } from '../../ports/keys.js'

export const makeSecret = (): Uint8Array => new Uint8Array(randomBytes(32))

export type WrittenSealingKey = {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
  /** ms; as old as the bundle where there is none. */
  readonly made?: number | undefined
}

export const makeSealingKey = (): WrittenSealingKey => ({ id: toBase64url(randomBytes(8)), ...makePair('x25519') })

/** A scalar of P-256, 32 bytes: any that is too large or 0 is not taken, and is as likely as none. */
export const makeVapidScalar = (): Uint8Array => {
  const own = createECDH('prime256v1')
  own.generateKeys()
  return new Uint8Array(Buffer.from(own.getPrivateKey('hex').padStart(64, '0'), 'hex'))
}

/** Long enough to be rotated by hand, in no haste. */
const federationKeyMs = 5 * 365 * 24 * 60 * 60 * 1000

/** One that signs from `notBefore` (ms) on. */
export const makeFederationKey = (notBefore: number): FederationKey => ({
  id: toBase64url(randomBytes(8)),
  ...makePair('ed25519'),
  notBefore,
  notAfter: notBefore + federationKeyMs,
})

/** Raw, and PKCS#8 DER. */
const makePair = (algorithm: 'x25519' | 'ed25519') => {
  const { publicKey, privateKey } =
    algorithm === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ed25519')
  return {
    publicKey: fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '') ?? new Uint8Array(),
    privateKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
  }
}
