/** The codec of bodies between servers, against vectors that a second encoder wrote, and against bytes that nobody should send. */
import { expect } from 'chai'
import { hpkeOpen, importX25519PrivateKey } from '#src/mls/crypto/hpke.js'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import { verifyWithLabel } from '#src/mls/crypto/labels.js'
import { bodyBytesMax } from '#src/federation/wire/limits.js'
import { fromHex, toHex } from '../docs/vectors/hex.js'
import type { BodyVector, RefusedVector } from '../docs/vectors/federation.js'
import { vectorsIn } from '../docs/vectors/vectorFile.js'
import { accepted, refusalOf, report } from '../mls/vectors.js'
import { seeded } from '../ports/seeded.js'
import { randomBody } from './randomBodies.js'
import { shown, signedBytes, structNames, structOf } from './structs.js'

type Vectors = {
  readonly hub: { readonly signatureKey: string }
  readonly joiner: { readonly privateKey: string }
  readonly bodies: readonly BodyVector[]
  readonly refused: readonly RefusedVector[]
}
const { hub, joiner, bodies, refused } = vectorsIn('federation') as Vectors
const valueOf = (name: string): Readonly<Record<string, unknown>> =>
  bodies.find((one) => one.name === name)?.value as Readonly<Record<string, unknown>>

describe('bodies between servers', () => {
  it('are read and written as the second encoder has them, in every form', () => {
    for (const { name, struct, value, bytes, signed } of bodies) {
      const { decode, encode } = structOf(struct)
      const decoded = accepted(decode(fromHex(bytes)))
      expect(shown(decoded), name).to.deep.equal(value)
      expect(toHex(encode(decoded)), name).to.equal(bytes)
      if (signed === undefined) continue
      expect(toHex((decoded as { signed: Uint8Array }).signed), name).to.equal(signed)
      expect(toHex(signedBytes[struct]!(decoded)), name).to.equal(signed)
    }
    expect([...new Set(bodies.map(({ struct }) => struct))].sort()).to.deep.equal([...structNames].sort())
  })

  it('are refused by name where nobody takes them', () => {
    for (const { wrong, struct, bytes, refusal } of refused)
      expect(refusalOf(structOf(struct).decode(fromHex(bytes))), `${struct}: ${wrong}`).to.equal(refusal)
  })

  it('are signed by whom they say, over all that stands before the signature', () => {
    const suite = cipherSuite(1)
    const signatures = bodies.flatMap(({ struct, value, signed }) => {
      const { signatureKey, signature } = value as { signatureKey?: string; signature?: string }
      return signed === undefined || signature === undefined
        ? []
        : [{ struct, key: signatureKey ?? hub.signatureKey, signed, signature }]
    })
    expect(signatures).to.have.length.above(4)
    for (const { struct, key, signed, signature } of signatures) {
      const checked = (label: string): boolean =>
        verifyWithLabel(suite, fromHex(key), label, fromHex(signed), fromHex(signature))
      expect(checked(`${struct}TBS`), struct).to.equal(true)
      expect(checked(struct), struct).to.equal(false)
    }
  })

  it('bring group info that the joiner’s key alone opens, sealed for that room', () => {
    const { roomId, encryptedGroupState } = valueOf('groupInfoResponse') as {
      roomId: string
      encryptedGroupState: { kemOutput: string; ciphertext: string }
    }
    const sealed = {
      kemOutput: fromHex(encryptedGroupState.kemOutput),
      ciphertext: fromHex(encryptedGroupState.ciphertext),
    }
    const label = Buffer.from('MLS 1.0 GroupInfo and ratchet_tree encryption')
    const room = fromHex(roomId)
    const info = Buffer.concat([Buffer.of(label.length), label, Buffer.of(room.length), room])
    const key = importX25519PrivateKey(fromHex(joiner.privateKey))
    const opened = hpkeOpen(key, sealed, { info, aad: new Uint8Array() })
    expect(opened === undefined ? undefined : toHex(opened)).to.equal(
      bodies.find(({ name }) => name === 'groupInfoRatchetTreeTBE')?.bytes,
    )
  })

  it('of a hundred random values a struct come back as they were, and byte for byte as the second encoder has them', () => {
    const seed = Number(process.env['SEED'] ?? 1)
    report(`seed ${seed}`)
    const random = seeded(seed)
    for (const struct of structNames)
      for (let n = 0; n < 100; n++) {
        const { value, bytes } = randomBody(struct, random, bodies)
        const { decode, encode } = structOf(struct)
        const decoded = accepted(decode(fromHex(bytes)))
        expect(shown(decoded), `${struct}, seed ${seed}`).to.deep.equal(value)
        expect(toHex(encode(decoded)), `${struct}, seed ${seed}`).to.equal(bytes)
      }
  })

  it('that are cut at any byte are refused, or what is left says just that', () => {
    let cut = 0
    for (const { name, struct, bytes } of bodies) {
      const { decode, encode } = structOf(struct)
      const whole = fromHex(bytes)
      for (let length = 0; length < whole.length; length++) {
        const part = whole.subarray(0, length)
        const decoded = decode(part)
        if (!decoded.ok) continue
        cut++
        // Only what stands one after another can end sooner.
        expect(struct, name).to.be.oneOf(['FanoutMessages', 'SequencedItems', 'Signals'])
        expect(encode(decoded.value), name).to.deep.equal(new Uint8Array(part))
      }
    }
    expect(cut).to.be.above(0)
  })

  it('with any bit turned are refused, or read as what they then say and nothing else', () => {
    const seed = Number(process.env['SEED'] ?? 1)
    const random = seeded(seed)
    let [tried, taken] = [0, 0]
    for (const { name, struct, bytes } of bodies) {
      const { decode, encode } = structOf(struct)
      const whole = fromHex(bytes)
      const bits = whole.length * 8
      // Every bit of what is short; of what is long five hundred, by chance.
      const [step, start] = bits <= 1500 ? [1, 0] : [Math.ceil(bits / 500), random.integer(7)]
      for (let bit = start; bit < bits; bit += step) {
        const turned = whole.slice()
        turned[bit >> 3]! ^= 1 << (bit & 7)
        const decoded = decode(turned)
        tried++
        if (!decoded.ok) continue
        taken++
        expect(toHex(encode(decoded.value)), `${name}, bit ${bit}`).to.equal(toHex(turned))
      }
    }
    report(`seed ${seed}: ${tried} turned bits, ${tried - taken} refused`)
  })

  it('too-large bytes, one past the limit', () => {
    const { decode } = structOf('UpdateRequest')
    expect(refusalOf(decode(new Uint8Array(bodyBytesMax + 1)))).to.equal('too-large bytes')
  })

  it('are views on bytes of their own: the caller’s may change afterwards', () => {
    const { bytes, struct, value } = bodies[0]!
    const given = fromHex(bytes)
    const decoded = accepted(structOf(struct).decode(given))
    given.fill(0)
    expect(shown(decoded)).to.deep.equal(value)
  })
})
