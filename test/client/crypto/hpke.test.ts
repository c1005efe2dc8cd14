/** Both of our HPKEs, the server's and the SDK's, against the figures that RFC 9180 publishes and against each other. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { open, seal } from '#src/client/crypto/seal.js'
import { hpkeOpen, hpkeSeal, importX25519PrivateKey, rawX25519PublicKey } from '#src/mls/crypto/hpke.js'
import { fromHex, toHex } from '../../mls/vectors.js'

type Published = Readonly<Record<'info' | 'skRm' | 'pkRm' | 'enc' | 'aad' | 'pt' | 'ct', string>>

const published = JSON.parse(readFileSync(new URL('./rfc9180.json', import.meta.url), 'utf8')) as Published
const { info, skRm, pkRm, enc, aad, pt, ct } = Object.fromEntries(
  Object.entries(published).map(([name, value]) => [name, fromHex(value)]),
) as Readonly<Record<keyof Published, Uint8Array>>

const privateKey = importX25519PrivateKey(skRm)
const sealed = { kemOutput: enc, ciphertext: ct }
const context = { info, aad }
const infoText = new TextDecoder().decode(info)

/** Each of its bits in turn the other way round. */
const flipped = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length * 8 }, (_, bit) =>
    bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
  )

describe('HPKE', () => {
  it('has the public key of the published private key', () => {
    expect(toHex(rawX25519PublicKey(privateKey))).to.equal(toHex(pkRm))
  })

  it('opens the published ciphertext, in the server and in the SDK', async () => {
    expect(toHex(hpkeOpen(privateKey, sealed, context)!)).to.equal(toHex(pt))
    const opened = await open({ privateKey: skRm, info: infoText, aad, sealed: { enc, ciphertext: ct } })
    expect(toHex(opened!)).to.equal(toHex(pt))
  })

  it('opens nothing else: no other bit in the ciphertext, its tag, the AAD or the info, and nothing shorter', () => {
    const shorter = [...ct.keys()].map((length) => ct.subarray(0, length))
    for (const ciphertext of [...flipped(ct), ...shorter])
      expect(hpkeOpen(privateKey, { kemOutput: enc, ciphertext }, context)).to.equal(undefined)
    for (const other of flipped(aad)) expect(hpkeOpen(privateKey, sealed, { info, aad: other })).to.equal(undefined)
    for (const other of flipped(info)) expect(hpkeOpen(privateKey, sealed, { info: other, aad })).to.equal(undefined)
  })

  it('opens under no other encapsulated key, but for the bit that X25519 ignores (RFC 7748 §5)', () => {
    const ignored = enc.length * 8 - 1
    for (const [bit, kemOutput] of flipped(enc).entries())
      if (bit !== ignored)
        expect(hpkeOpen(privateKey, { kemOutput, ciphertext: ct }, context), String(bit)).to.equal(undefined)
    expect(hpkeOpen(privateKey, { kemOutput: enc.subarray(1), ciphertext: ct }, context)).to.equal(undefined)
    expect(hpkeOpen(privateKey, { kemOutput: new Uint8Array(32), ciphertext: ct }, context)).to.equal(undefined)
  })

  it('seals in the server what the SDK opens, and in the SDK what the server opens', async () => {
    const ours = hpkeSeal(pkRm, pt, context)
    const opened = await open({
      privateKey: skRm,
      info: infoText,
      aad,
      sealed: { enc: ours.kemOutput, ciphertext: ours.ciphertext },
    })
    expect(toHex(opened!)).to.equal(toHex(pt))
    const theirs = await seal({ publicKey: pkRm, info: infoText, aad, plaintext: pt })
    expect(toHex(hpkeOpen(privateKey, { kemOutput: theirs.enc, ciphertext: theirs.ciphertext }, context)!)).to.equal(
      toHex(pt),
    )
  })
})
