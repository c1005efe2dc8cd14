/** The verifier's cryptography in browsers: hashes by noble, signatures by WebCrypto, which is fifteen times faster but answers later. */
import { ed448 } from '@noble/curves/ed448.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import type { CryptoProvider, SignatureToVerify } from '../../mls/crypto/provider.js'
import { isSoundKey } from '../../mls/crypto/soundKey.js'
import { verify as verifyEd25519 } from '../crypto/ed25519.js'

const hashes = { sha256, sha384, sha512 } as const
const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const

/**
 * Runs a synchronous check whose signatures are verified asynchronously. The check is run on the belief that the signatures
 * that are not verified yet are good; then they are verified, all at once; and as soon as one is bad, the check is run again
 * knowing so. What it answers in the end rests on verified signatures alone. The check must be the same each time: it keeps
 * nothing of what it believed.
 */
export const checkAnswered = async <T>(check: (crypto: CryptoProvider) => T): Promise<T> => {
  const answers: boolean[] = []
  for (;;) {
    const asked: SignatureToVerify[] = []
    let at = 0
    const verify = (signature: SignatureToVerify): boolean => {
      const known = answers[at++]
      if (known === undefined) asked.push(signature)
      return known ?? true
    }
    const result = check({ hash, isKey, verify })
    const fresh = await Promise.all(asked.map(isGood))
    const bad = fresh.indexOf(false)
    if (bad < 0) return result
    // What was asked after the first bad one might not have been asked at all.
    answers.push(...fresh.slice(0, bad + 1))
  }
}

export const hash: CryptoProvider['hash'] = (name, bytes) => hashes[name](bytes)

const isKey: CryptoProvider['isKey'] = ({ kty, curve }, key) =>
  isSoundKey(curve, key) && (kty === 'OKP' || curves[curve].utils.isValidPublicKey(key, false))

const isGood = async ({ scheme, hash: name, key, content, signature }: SignatureToVerify): Promise<boolean> => {
  if (!isSoundKey(scheme.curve, key)) return false
  try {
    if (scheme.curve === 'Ed25519') return await verifyEd25519(key, content, signature)
    if (scheme.curve === 'Ed448') return ed448.verify(signature, content, key)
    const digest = name === undefined ? content : hash(name, content)
    return curves[scheme.curve].verify(signature, digest, key, { prehash: false, format: 'der', lowS: false })
  } catch {
    return false
  }
}
