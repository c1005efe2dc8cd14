/** The ciphersuites that the SDK speaks: those of Ed25519 keys, with their cryptography loaded once. */
import { ed25519 } from '@noble/curves/ed25519.js'
import {
  type CiphersuiteImpl,
  type CiphersuiteName,
  ciphersuites,
  defaultCryptoProvider,
  getCiphersuiteFromName,
  type Signature,
} from './tsMls.js'

export type Suite = CiphersuiteImpl

/** MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519 (RFC 9420 §17.1). */
export const defaultSuiteId = 1

/** Suites 1 and 3: both sign with Ed25519, so one client key serves either. */
const names: ReadonlyMap<number, CiphersuiteName> = new Map([
  [1, 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'],
  [3, 'MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519'],
])

const loaded = new Map<number, Promise<Suite>>()

export const loadSuite = (id: number): Promise<Suite> => {
  const name = names.get(id)
  if (name === undefined) throw new RangeError(`ciphersuite ${id} is not one of ${[...names.keys()].join(', ')}`)
  const known = loaded.get(id) ?? load(name)
  loaded.set(id, known)
  return known
}

export const suiteIdOf = (suite: Suite): number => ciphersuites[suite.name]

const load = async (name: CiphersuiteName): Promise<Suite> => {
  const suite = await defaultCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(name))
  return (await webCryptoHasEd25519()) ? suite : { ...suite, signature: nobleEd25519 }
}

/** ts-mls asks WebCrypto for Ed25519 wherever there is WebCrypto; browsers of before 2025 do not all have it. */
const webCryptoHasEd25519 = async (): Promise<boolean> => {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
    return true
  } catch {
    return false
  }
}

const nobleEd25519: Signature = {
  sign: (signKey, message) => Promise.resolve(ed25519.sign(message, signKey)),
  verify: (publicKey, message, signature) => Promise.resolve(ed25519.verify(signature, message, publicKey)),
  keygen: () => {
    const signKey = ed25519.utils.randomSecretKey()
    return Promise.resolve({ signKey, publicKey: ed25519.getPublicKey(signKey) })
  },
}
