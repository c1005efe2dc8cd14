/** The ciphersuites that the SDK speaks: those of Ed25519 keys, with their cryptography loaded once. */
import { suiteIdsOf } from '../../mls/crypto/suite.js'
import { newKeyPair, sign, verify } from '../crypto/ed25519.js'
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
const ids = suiteIdsOf('Ed25519')

const loaded = new Map<number, Promise<Suite>>()

export const loadSuite = (id: number): Promise<Suite> => {
  const name = (Object.keys(ciphersuites) as CiphersuiteName[]).find((each) => ciphersuites[each] === id)
  if (name === undefined || !ids.includes(id)) throw new RangeError(`ciphersuite ${id} is not one of ${ids.join(', ')}`)
  const known = loaded.get(id) ?? load(name)
  loaded.set(id, known)
  return known
}

export const suiteIdOf = (suite: Suite): number => ciphersuites[suite.name]

/** With Ed25519 of the SDK's own: ts-mls takes WebCrypto's wherever there is WebCrypto, whether it knows the curve or not. */
const load = async (name: CiphersuiteName): Promise<Suite> => {
  const suite = await defaultCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(name))
  return { ...suite, signature }
}

const signature: Signature = {
  sign,
  verify,
  keygen: () => {
    const { seed, publicKey } = newKeyPair()
    return Promise.resolve({ signKey: seed, publicKey })
  },
}
