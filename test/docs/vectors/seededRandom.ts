/** Randomness that comes out the same each time, at a fixed time, for vectors that anybody can make again; never for anything else. */
import { createHash } from 'node:crypto'
import { DhkemX25519HkdfSha256 } from '@hpke/core'

/** When everything in the vectors happens, ms. */
export const now = Date.UTC(2026, 0, 1)

type Encap = { readonly recipientPublicKey: CryptoKey; readonly ekm?: ArrayBuffer }
type Kem = {
  generateKeyPair: () => Promise<CryptoKeyPair>
  readonly deriveKeyPair: (ikm: ArrayBuffer) => Promise<CryptoKeyPair>
  readonly serializePublicKey: (key: CryptoKey) => Promise<ArrayBuffer>
  encap: (params: Encap) => Promise<unknown>
}

/** What all KEMs of @hpke share: their own randomness is that of WebCrypto, which has no seed. */
const kems = Object.getPrototypeOf(DhkemX25519HkdfSha256.prototype) as Kem

/** Bytes that follow from the seed alone, as many as asked for. */
export const seededBytes = (seed: string, length: number): Uint8Array => {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_none, block) =>
    createHash('sha256').update(`mls-homeserver vectors 1\n${seed}\n${block}`).digest(),
  )
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length))
}

/** The IKM of the one-time key that something is sealed with for a recipient under a seed. */
export const seededIkm = (seed: string, recipient: Uint8Array): Uint8Array =>
  seededBytes(`${seed}\nsealed to ${Buffer.from(recipient).toString('hex')}`, 32)

/**
 * While `work` is done, whatever asks for random bytes or for keys gets what follows from the seed. One-time keys follow from
 * whom something is sealed to, so that it does not matter which of several seals comes first. Not to be nested.
 */
export const withSeed = async <T>(seed: string, work: () => Promise<T>): Promise<T> => {
  let calls = 0
  const next = (length: number): Uint8Array => seededBytes(`${seed}\ncall ${calls++}`, length)
  const { generateKeyPair, encap } = kems
  const { now: realNow } = Date
  Date.now = () => now
  crypto.getRandomValues = ((array: Uint8Array) => {
    array.set(next(array.length))
    return array
  }) as Crypto['getRandomValues']
  kems.generateKeyPair = function (this: Kem) {
    return this.deriveKeyPair(own(next(32)))
  }
  kems.encap = async function (this: Kem, params) {
    const recipient = new Uint8Array(await this.serializePublicKey(params.recipientPublicKey))
    return encap.call(this, { ...params, ekm: own(seededIkm(seed, recipient)) })
  }
  try {
    return await work()
  } finally {
    Object.assign(kems, { generateKeyPair, encap })
    Date.now = realNow
    Reflect.deleteProperty(crypto, 'getRandomValues')
  }
}

const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
