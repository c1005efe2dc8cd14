/** The SDK's cryptography under the common verifier, held against node:crypto: they must believe the same. */
import { expect } from 'chai'
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { checkAnswered } from '#src/client/trust/webCrypto.js'
import type { CryptoProvider, SignatureToVerify } from '#src/mls/crypto/provider.js'
import { nodeCrypto } from '#src/mls/crypto/nodeCrypto.js'
import { type SignatureScheme, signatureSchemes } from '#src/mls/crypto/signatureScheme.js'

const pairOf = ({ curve }: SignatureScheme): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => {
  if (curve === 'Ed25519') return generateKeyPairSync('ed25519')
  return curve === 'Ed448' ? generateKeyPairSync('ed448') : generateKeyPairSync('ec', { namedCurve: curve })
}

const schemes: readonly SignatureScheme[] = Object.values(signatureSchemes)
type Kind = Pick<SignatureToVerify, 'scheme' | 'hash'>
const kinds: readonly Kind[] = schemes.flatMap((scheme): readonly Kind[] =>
  scheme.kty === 'OKP'
    ? [{ scheme, hash: undefined }]
    : (['sha256', 'sha384', 'sha512'] as const).map((hash) => ({ scheme, hash })),
)

const signed = ({ scheme, hash }: Kind): SignatureToVerify => {
  const { publicKey, privateKey } = pairOf(scheme)
  const content = new Uint8Array(randomBytes(100))
  const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-scheme.keyBytes))
  return { scheme, hash, key, content, signature: new Uint8Array(sign(hash, content, privateKey)) }
}

const withBit = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice()
  changed[at]! ^= 1
  return changed
}

const believes = (signature: SignatureToVerify): Promise<boolean> => checkAnswered(({ verify }) => verify(signature))

describe('The SDK’s cryptography', () => {
  for (const kind of kinds)
    it(`believes signatures of ${kind.scheme.curve} ${kind.hash ?? ''} as node:crypto does, and none that is changed`, async () => {
      const good = signed(kind)
      const wrong: readonly SignatureToVerify[] = [
        { ...good, content: withBit(good.content, 50) },
        { ...good, signature: withBit(good.signature, good.signature.length - 8) },
        { ...good, signature: new Uint8Array() },
        { ...good, key: signed(kind).key },
        { ...good, key: good.key.subarray(1) },
        ...(kind.hash === undefined ? [] : [{ ...good, hash: kind.hash === 'sha256' ? 'sha512' : 'sha256' } as const]),
      ]
      expect([await believes(good), nodeCrypto.verify(good)]).to.deep.equal([true, true])
      for (const each of wrong) expect([await believes(each), nodeCrypto.verify(each)]).to.deep.equal([false, false])
    })

  it('knows a key from other bytes, and hashes, as node:crypto does', async () => {
    for (const kind of kinds) {
      const { scheme, key } = signed(kind)
      const compressed = Uint8Array.of(2 + (key.at(-1)! & 1), ...key.subarray(1, (key.length + 1) / 2))
      const others = [key.subarray(1), withBit(key, key.length - 1), new Uint8Array(key.length), compressed]
      const known = await checkAnswered(({ isKey }) => [key, ...others].map((bytes) => isKey(scheme, bytes)))
      expect(known, scheme.curve).to.deep.equal([key, ...others].map((bytes) => nodeCrypto.isKey(scheme, bytes)))
    }
    for (const name of ['sha256', 'sha384', 'sha512'] as const) {
      const bytes = randomBytes(300)
      const hashed = await checkAnswered(({ hash }) => hash(name, bytes))
      expect(hashed).to.deep.equal(nodeCrypto.hash(name, bytes))
    }
  })
})

describe('A check whose signatures are verified later', () => {
  const good = signed(kinds[0]!)
  const bad = { ...good, content: withBit(good.content, 0) }
  /** The first bad signature by its place, as a verifier that stops there finds it. */
  const firstBad =
    (signatures: readonly SignatureToVerify[]) =>
    ({ verify }: CryptoProvider): number =>
      signatures.findIndex((signature) => !verify(signature))

  it('answers what it would have answered at once, wherever the bad signature stands', async () => {
    expect(await checkAnswered(firstBad([good, good, good]))).to.equal(-1)
    for (const at of [0, 1, 2]) {
      const signatures = [good, good, good].map((each, index) => (index === at ? bad : each))
      expect(await checkAnswered(firstBad(signatures))).to.equal(at)
    }
    expect(await checkAnswered(firstBad([good, bad, bad]))).to.equal(1)
  })

  it('asks on where one bad signature is not the end of it', async () => {
    const roots = [bad, bad, good, bad]
    expect(await checkAnswered(({ verify }) => roots.findIndex((root) => verify(root)))).to.equal(2)
    expect(await checkAnswered(({ verify }) => [bad, bad].some((root) => verify(root)))).to.equal(false)
    expect(await checkAnswered(({ verify }) => (verify(bad) ? verify(bad) : verify(good)))).to.equal(true)
  })

  it('asks nothing of a check that refuses before any signature', async () => {
    expect(await checkAnswered(() => 'refused')).to.equal('refused')
  })
})
