import { expect } from 'chai'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { ed448, x448 } from '@noble/curves/ed448.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import { nodeCrypto } from '#src/mls/crypto/nodeCrypto.js'
import { signatureSchemes } from '#src/mls/crypto/signatureScheme.js'
import { isOnEdwardsCurve } from '#src/mls/crypto/edwardsPoint.js'
import { isHpkeKey, isSignatureKey } from '#src/mls/crypto/soundKey.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { acceptProposal } from '#src/mls/group/acceptProposal.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import { checkExternalPub } from '#src/mls/group/externalPub.js'
import { groupOf } from '#src/mls/group/publicGroup.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { validateKeyPackage } from '#src/mls/group/validateKeyPackage.js'
import { decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { treeOf } from '#src/mls/tree/ratchetTree.js'
import {
  externalPub,
  forgeCommit,
  forgedNow,
  forgeGroupInfo,
  forgeKeyPackage,
  forgeLeaf,
  forgeProposal,
  forger,
  hpkeKey,
  keyPackageMessage,
  lenient,
  random,
} from './forge.js'
import { forgedGroup } from './forgedGroup.js'
import { accepted, refusalOf } from './vectors.js'

const fieldOf = { 32: 2n ** 255n - 19n, 56: 2n ** 448n - 2n ** 224n - 1n } as const

/** Little-endian, in so many bytes. */
const littleEndian = (value: bigint, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn))

const withHighBit = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte | 0x80 : byte))

const order8 = {
  u: [
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  ],
  y: [
    2707385501144840649318225287225658788936804267575313519463743609750303402022n,
    55188659117513257062467267217118295137698188065244968500265048394206261417927n,
  ],
}

/** The numbers that stand for points of small order, each also as it is written beyond the field. */
const weakNumbers = (bytes: 32 | 56, more: readonly bigint[]): readonly Uint8Array[] => {
  const field = fieldOf[bytes]
  return [0n, 1n, field - 1n, field, field + 1n, ...more].map((value) => littleEndian(value, bytes))
}

/** All numbers that fit the bytes and are not below the field: second names of other keys. */
const beyondTheField = (bytes: 32 | 56): readonly Uint8Array[] =>
  [2n, 3n, 9n, 18n].map((value) => littleEndian(fieldOf[bytes] + value, bytes))

const bothSigns = (keys: readonly Uint8Array[]): readonly Uint8Array[] => keys.flatMap((key) => [key, withHighBit(key)])

const weakX25519 = bothSigns([...weakNumbers(32, order8.u), ...beyondTheField(32)])
const weakX448 = [...weakNumbers(56, []), ...beyondTheField(56)]
const weakEd25519 = bothSigns([...weakNumbers(32, order8.y), ...beyondTheField(32)])
const weakEd448 = [...weakNumbers(56, []), ...beyondTheField(56)].flatMap((y) => [
  Uint8Array.of(...y, 0),
  Uint8Array.of(...y, 0x80),
])

const nist = {
  'P-256': { name: 'prime256v1', curve: p256 },
  'P-384': { name: 'secp384r1', curve: p384 },
  'P-521': { name: 'secp521r1', curve: p521 },
} as const
type Nist = keyof typeof nist

const pointOf = (curve: Nist): Uint8Array => {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: nist[curve].name }).publicKey.export({
    format: 'jwk',
  })
  return Uint8Array.of(4, ...Buffer.from(x, 'base64url'), ...Buffer.from(y, 'base64url'))
}

/** Other ways to write a point, and points of elsewhere. */
const noPoints = (curve: Nist): readonly Uint8Array[] => {
  const point = pointOf(curve)
  const size = (point.length - 1) / 2
  const parity = (point.at(-1) ?? 0) & 1
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)]
  const field = nist[curve].curve.Point.Fp.ORDER
  const bigEndian = (value: bigint): number[] => [...littleEndian(value, size)].reverse()
  return [
    Uint8Array.of(0),
    new Uint8Array(point.length),
    Uint8Array.of(4, ...new Uint8Array(2 * size)),
    Uint8Array.of(2 + parity, ...x),
    Uint8Array.of(6 + parity, ...x, ...y),
    Uint8Array.of(4, ...y, ...x),
    Uint8Array.of(4, ...x, ...bigEndian((BigInt(`0x${Buffer.from(y).toString('hex')}`) + 1n) % field)),
    Uint8Array.of(4, ...bigEndian(field), ...y),
    Uint8Array.of(4, ...new Uint8Array(size).fill(0xff), ...new Uint8Array(size).fill(0xff)),
    Uint8Array.of(0, ...point),
    point.subarray(1),
  ]
}

const edwardsKey = (curve: 'ed25519' | 'ed448'): Uint8Array => {
  const pair = curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
  return new Uint8Array(Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
}

describe('keys that nobody can encrypt to, or verify by', () => {
  it('are those that another library knows as such', () => {
    for (const key of weakX25519.slice(0, 14))
      expect(() => x25519.getSharedSecret(x25519.utils.randomSecretKey(), key)).to.throw()
    for (const key of weakX448.slice(0, 5))
      expect(() => x448.getSharedSecret(x448.utils.randomSecretKey(), key)).to.throw()
    for (const y of [0n, 1n, fieldOf[32] - 1n, ...order8.y])
      expect(ed25519.Point.fromBytes(littleEndian(y, 32)).isSmallOrder()).to.equal(true)
    for (const y of [0n, 1n, fieldOf[56] - 1n])
      expect(ed448.Point.fromBytes(Uint8Array.of(...littleEndian(y, 56), 0)).isSmallOrder()).to.equal(true)
  })

  it('are told from others on every curve, in every encoding', () => {
    const suites = { X25519: [1, 3], X448: [4, 6], 'P-256': [2], 'P-384': [7], 'P-521': [5] }
    const weakOf = (curve: keyof typeof suites): readonly Uint8Array[] =>
      curve === 'X25519' ? weakX25519 : curve === 'X448' ? weakX448 : noPoints(curve)
    for (const [curve, ids] of Object.entries(suites) as [keyof typeof suites, number[]][])
      for (const id of ids) {
        const suite = cipherSuite(id)
        for (let n = 0; n < 10; n++) expect(isHpkeKey(suite, hpkeKey(suite)), curve).to.equal(true)
        for (const weak of weakOf(curve)) expect(isHpkeKey(suite, weak), `${curve} ${hex(weak)}`).to.equal(false)
        const good = hpkeKey(suite)
        for (const other of [good.subarray(1), Uint8Array.of(...good, 0), new Uint8Array()])
          expect(isHpkeKey(suite, other)).to.equal(false)
      }
  })

  it('are told from others among signature keys, and nothing is signed by them', () => {
    const weakOf = { Ed25519: weakEd25519, Ed448: [...weakEd448, withoutMeaning()] }
    for (const [curve, scheme] of Object.entries(signatureSchemes)) {
      const good =
        scheme.kty === 'OKP' ? edwardsKey(scheme.curve === 'Ed25519' ? 'ed25519' : 'ed448') : pointOf(scheme.curve)
      expect(isSignatureKey(nodeCrypto, scheme, good), curve).to.equal(true)
      for (const weak of scheme.kty === 'OKP' ? weakOf[scheme.curve] : noPoints(scheme.curve)) {
        expect(isSignatureKey(nodeCrypto, scheme, weak), `${curve} ${hex(weak)}`).to.equal(false)
        expect(nodeCrypto.isKey(scheme, weak)).to.equal(false)
      }
    }
    // R and A the identity, S zero: OpenSSL takes it as a signature of anything.
    const identity = littleEndian(1n, 32)
    const signature = Uint8Array.of(...identity, ...new Uint8Array(32))
    const forged = { scheme: signatureSchemes.Ed25519, hash: undefined, key: identity, content: identity, signature }
    expect(nodeCrypto.verify(forged)).to.equal(false)
    expect(() => createPublicKey({ key: jwk(identity), format: 'jwk' })).not.to.throw()
  })
})

describe('a point of an Edwards curve', () => {
  const isPoint = (curve: 'Ed25519' | 'Ed448', key: Uint8Array): boolean => {
    try {
      if (curve === 'Ed25519') ed25519.Point.fromBytes(key)
      else ed448.Point.fromBytes(key)
      return true
    } catch {
      return false
    }
  }

  it('is told from other bytes as another library tells it', () => {
    const counts = { point: 0, none: 0 }
    for (const [curve, bytes] of [
      ['Ed25519', 32],
      ['Ed448', 57],
    ] as const)
      for (let n = 0; n < 40; n++) {
        const key = n < 5 ? edwardsKey(curve === 'Ed25519' ? 'ed25519' : 'ed448') : random(bytes)
        if (curve === 'Ed448') key[56] = (key[56] ?? 0) & 0x80
        const expected = isPoint(curve, key)
        counts[expected ? 'point' : 'none']++
        expect(isOnEdwardsCurve(curve, key), `${curve} ${hex(key)}`).to.equal(expected)
      }
    expect(Math.min(counts.point, counts.none)).to.be.greaterThan(10)
  })
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const jwk = (x: Uint8Array) => ({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x).toString('base64url') })

/** An Ed448 key with a bit that is neither of its y nor its sign. */
const withoutMeaning = (): Uint8Array => {
  const key = edwardsKey('ed448')
  key[56] = (key[56] ?? 0) | 1
  return key
}

describe('a key that nobody can encrypt to is refused', () => {
  const { group, forgers } = forgedGroup(7, { committers: [3, 5] })
  const [alice, bob] = [forgers[0]!, forgers[1]!]
  const weak = [new Uint8Array(32), littleEndian(order8.u[1]!, 32), littleEndian(fieldOf[32], 32)]
  const weakSigner = littleEndian(order8.y[0]!, 32)
  const policy = {
    now: forgedNow,
    maxLifetimeS: 90 * 24 * 3600,
    allowedSuites: [1],
    credential: () => ({ ok: true, value: { user: '', client: '', domain: '', notAfter: 0 } }) as never,
    queueReference: () => ({ ok: true, value: {} }) as never,
  }

  it('in a KeyPackage, published or added', () => {
    const dave = forger('dave')
    const packages = [
      ...weak.map((key) => forgeKeyPackage(dave, (kp) => ({ ...kp, initKey: key }))),
      ...weak.map((key) => forgeKeyPackage(dave, undefined, (leaf) => ({ ...leaf, encryptionKey: key }))),
    ]
    for (const keyPackage of packages) {
      expect(refusalOf(validateKeyPackage(keyPackageMessage(keyPackage), policy))).to.equal(
        'invalid-leaf encryptionKey',
      )
      const add: Proposal = { type: 'add', keyPackage }
      const commit = forgeCommit(group, alice, 0, { proposals: [add] })
      expect(refusalOf(stageCommit(group, commit, lenient))).to.equal('invalid-leaf encryptionKey')
      const proposal = forgeProposal(group, alice, 0, add)
      expect(refusalOf(acceptProposal(group, proposal, lenient))).to.equal('invalid-leaf encryptionKey')
    }
    const keyPackage = forgeKeyPackage(dave, undefined, (leaf) => ({ ...leaf, signatureKey: weakSigner }))
    expect(refusalOf(validateKeyPackage(keyPackageMessage(keyPackage), policy))).to.equal('invalid-leaf signatureKey')
  })

  it('in an Update, a path’s leaf, a path’s node and an ExternalInit', () => {
    for (const key of weak) {
      const place = { groupId: group.groupId, leafIndex: 1 }
      const leafNode = forgeLeaf(bob, { type: 'update' }, place, (leaf) => ({ ...leaf, encryptionKey: key }))
      const update = forgeProposal(group, bob, 1, { type: 'update', leafNode })
      expect(refusalOf(acceptProposal(group, update, lenient))).to.equal('invalid-leaf encryptionKey')
      const leafed = forgeCommit(group, alice, 0, { changeLeaf: (leaf) => ({ ...leaf, encryptionKey: key }) })
      expect(refusalOf(stageCommit(group, leafed, lenient))).to.equal('invalid-leaf encryptionKey')
      for (const bad of [0, 2]) {
        const noded = forgeCommit(group, alice, 0, {
          changePath: ({ leafNode: own, nodes }) => ({
            leafNode: own,
            nodes: nodes.map((node, at) => (at === bad ? { ...node, encryptionKey: key } : node)),
          }),
        })
        expect(refusalOf(stageCommit(group, noded, lenient))).to.equal('invalid-commit pathKey')
      }
      const init: Proposal = { type: 'externalInit', kemOutput: key }
      const external = forgeCommit(group, forger('eve'), undefined, { proposals: [init] })
      expect(refusalOf(stageCommit(group, external, lenient))).to.equal('invalid-proposal kemOutput')
    }
  })

  it('in a tree that somebody else made', () => {
    const nodes = group.tree.nodes.slice()
    const at = nodes.findIndex((node) => node?.kind === 'parent')
    const parent = nodes[at]
    if (parent?.kind !== 'parent') throw new Error('no parent')
    nodes[at] = { ...parent, encryptionKey: weak[1]! }
    while (nodes.at(-1) === undefined) nodes.pop()
    const changed = groupOf({ ...group, tree: treeOf(group.tree.suite, nodes) })
    const info = forgeGroupInfo(changed, alice, 0)
    expect(refusalOf(createPublicGroup(info, undefined, lenient))).to.equal('group-info-mismatch parentKey')
  })

  it('as the external_pub of a GroupInfo, as is a GroupInfo without one', () => {
    const { suite } = group.tree
    const check = (extensions: readonly ReturnType<typeof externalPub>[]) => {
      const message = accepted(decodeMlsMessage(forgeGroupInfo(group, alice, 0, (info) => ({ ...info, extensions }))))
      if (message.wireFormat !== 'groupInfo') throw new Error('not a GroupInfo')
      return checkExternalPub(suite, message.groupInfo)
    }
    const good = externalPub(suite)
    expect(check([good])).to.have.property('ok', true)
    const bad = [
      ...weak.map((key) => externalPub(suite, key)),
      { type: 4, data: new Uint8Array() },
      { type: 4, data: good.data.subarray(1) },
      { type: 4, data: good.data.subarray(0, -1) },
      { type: 4, data: Uint8Array.of(...good.data, 0) },
      { type: 5, data: good.data },
    ]
    for (const one of bad) expect(refusalOf(check([one]))).to.equal('group-info-mismatch externalPub')
    expect(refusalOf(check([]))).to.equal('group-info-mismatch externalPub')
  })
})
