/** What is refused of KeyPackages; each test is named after the refusal. */
import { expect } from 'chai'
import type { VouchedIdentity } from '#src/mls/group/policy.js'
import type { KeyPackagePolicy } from '#src/mls/group/policy.js'
import type { QueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { keyPackageRef } from '#src/mls/crypto/references.js'
import { validateKeyPackage } from '#src/mls/group/validateKeyPackage.js'
import {
  ascii,
  forgeCommit,
  forgeGroup,
  forgeKeyPackage,
  forgeLeaf,
  forger,
  hpkeKey,
  keyPackageMessage,
  lenient,
  none,
  random,
  signedBy,
} from './forge.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { decodeMlsMessage, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import { keepNewest } from '#src/structures/newest.js'
import { accepted, refusalOf } from './vectors.js'

const anybody = {} as VouchedIdentity
const anywhere = {} as QueueReference
const policy: KeyPackagePolicy = {
  now: lenient.now,
  maxLifetimeS: lenient.maxLifetimeS,
  allowedSuites: [1, 2, 3, 7],
  credential: () => ({ ok: true, value: anybody }),
  queueReference: () => ({ ok: true, value: anywhere }),
}
const dave = forger('dave')
type Change = Parameters<typeof forgeKeyPackage>[1]
type ChangeLeaf = Parameters<typeof forgeKeyPackage>[2]

const refused = (
  change?: Change,
  changeLeaf?: ChangeLeaf,
  by = dave,
  changed: Partial<KeyPackagePolicy> = {},
): string =>
  refusalOf(validateKeyPackage(keyPackageMessage(forgeKeyPackage(by, change, changeLeaf)), { ...policy, ...changed }))

describe('a KeyPackage is accepted', () => {
  for (const id of [1, 2, 3, 4, 5, 6, 7])
    it(`of suite ${id}`, () => {
      const keyPackage = forgeKeyPackage(forger('erin', { suite: cipherSuite(id) }))
      const bytes = keyPackageMessage(keyPackage)
      const valid = accepted(validateKeyPackage(bytes, { ...policy, allowedSuites: [id] }))
      expect(valid).to.include({ cipherSuite: id, lastResort: false, notAfter: lenient.now + 30 * 24 * 3600_000 })
      expect(valid.ref).to.deep.equal(keyPackageRef(keyPackage))
      expect(valid.bytes).to.deep.equal(bytes)
    })

  it('as last resort, with the empty extension 0x000A', () => {
    const keyPackage = forgeKeyPackage(dave, (kp) => ({ ...kp, extensions: [{ type: 0x000a, data: none }] }))
    expect(accepted(validateKeyPackage(keyPackageMessage(keyPackage), policy)).lastResort).to.equal(true)
  })

  it('at the first and the last second of its lifetime, and with exactly the longest one', () => {
    const bytes = keyPackageMessage(forgeKeyPackage(dave))
    for (const now of [lenient.now - 3600_000, lenient.now + 30 * 24 * 3600_000])
      accepted(validateKeyPackage(bytes, { ...policy, now, maxLifetimeS: 30 * 24 * 3600 + 3600 }))
  })
})

describe('a policy that remembers what was verified', () => {
  it('verifies the signatures of a KeyPackage once', () => {
    const verifiedKeyPackages = keepNewest<string, true>(10)
    const forged = { ...forgeKeyPackage(dave), initKey: random(32) }
    const bytes = keyPackageMessage(forged)
    const check = () => validateKeyPackage(bytes, { ...policy, verifiedKeyPackages })
    expect(refusalOf(check())).to.equal('invalid-key-package signature')
    expect(refusalOf(check())).to.equal('invalid-key-package signature')
    const decoded = accepted(decodeMlsMessage(bytes))
    if (decoded.wireFormat !== 'keyPackage') throw new Error('not a KeyPackage')
    verifiedKeyPackages.set(toBase64url(keyPackageRef(decoded.keyPackage)), true)
    accepted(check())
  })

  it('knows those that were accepted', () => {
    const verifiedKeyPackages = keepNewest<string, true>(10)
    const keyPackage = forgeKeyPackage(dave)
    accepted(validateKeyPackage(keyPackageMessage(keyPackage), { ...policy, verifiedKeyPackages }))
    expect(verifiedKeyPackages.has(toBase64url(keyPackageRef(keyPackage)))).to.equal(true)
  })
})

describe('a KeyPackage is refused', () => {
  it('unsupported-ciphersuite: not allowed here, or unknown', () => {
    expect(refused(undefined, undefined, dave, { allowedSuites: [2] })).to.equal('unsupported-ciphersuite cipherSuite')
    const unknown = { allowedSuites: [0xf000] }
    expect(refused((kp) => ({ ...kp, cipherSuite: 0xf000 }), undefined, dave, unknown)).to.equal(
      'unsupported-ciphersuite cipherSuite',
    )
  })

  it('unsupported-message wireFormat: another message', () => {
    const message = encodeMlsMessage({
      wireFormat: 'publicMessage',
      publicMessage: forgeCommit(forgeGroup(dave), dave, 0),
    })
    expect(refusalOf(validateKeyPackage(message, policy))).to.equal('unsupported-message wireFormat')
  })

  it('too-large bytes', () => {
    const bytes = keyPackageMessage(forgeKeyPackage(dave))
    expect(refusalOf(validateKeyPackage(bytes, { ...policy, maxBytes: bytes.length - 1 }))).to.equal('too-large bytes')
    accepted(validateKeyPackage(bytes, { ...policy, maxBytes: bytes.length }))
  })

  it('invalid-key-package version', () => {
    expect(refused((kp) => ({ ...kp, version: 2 }))).to.equal('invalid-key-package version')
  })

  it('invalid-key-package signature: changed after it was signed', () => {
    const forged = { ...forgeKeyPackage(dave), initKey: random(32) }
    expect(refusalOf(validateKeyPackage(keyPackageMessage(forged), policy))).to.equal('invalid-key-package signature')
  })

  it('invalid-leaf signature: its leaf is not signed', () => {
    expect(refused((kp) => ({ ...kp, leafNode: { ...kp.leafNode, signature: random(64) } }))).to.equal(
      'invalid-leaf signature',
    )
  })

  it('invalid-key-package initKey: equal to the encryption key', () => {
    expect(refused((kp) => ({ ...kp, initKey: kp.leafNode.encryptionKey }))).to.equal('invalid-key-package initKey')
  })

  it('invalid-leaf encryptionKey: keys of another size, or no point of the curve', () => {
    expect(refused((kp) => ({ ...kp, initKey: random(31) }))).to.equal('invalid-leaf encryptionKey')
    expect(refused(undefined, (leaf) => ({ ...leaf, encryptionKey: none }))).to.equal('invalid-leaf encryptionKey')
    const p256 = forger('p', { suite: cipherSuite(2) })
    const offCurve = new Uint8Array(hpkeKey(p256.suite)).fill(1, 33)
    expect(refused((kp) => ({ ...kp, initKey: offCurve }), undefined, p256)).to.equal('invalid-leaf encryptionKey')
  })

  it('invalid-leaf signatureKey: no key of the suite', () => {
    expect(refused(undefined, (leaf) => ({ ...leaf, signatureKey: random(31) }))).to.equal('invalid-leaf signatureKey')
  })

  it('invalid-leaf source: a leaf of an Update or a Commit', () => {
    const place = { groupId: none, leafIndex: 0 }
    for (const source of [{ type: 'update' }, { type: 'commit', parentHash: none }] as const)
      expect(refused((kp) => ({ ...kp, leafNode: forgeLeaf(dave, source, place) }))).to.equal('invalid-leaf source')
  })

  it('invalid-leaf lifetime, lifetimeTooLong: over, not begun, or for ever', () => {
    const lifetime =
      (notBefore: bigint, notAfter: bigint): ChangeLeaf =>
      (leaf) => ({
        ...leaf,
        source: { type: 'keyPackage', notBefore, notAfter },
      })
    const now = BigInt(lenient.now / 1000)
    expect(refused(undefined, lifetime(now - 10n, now - 1n))).to.equal('invalid-leaf lifetime')
    expect(refused(undefined, lifetime(now + 1n, now + 10n))).to.equal('invalid-leaf lifetime')
    expect(refused(undefined, lifetime(0n, (1n << 63n) - 1n))).to.equal('invalid-leaf lifetimeTooLong')
    expect(refused(undefined, lifetime(0n, (1n << 64n) - 1n))).to.equal('invalid-leaf lifetimeTooLong')
  })

  it('invalid-leaf versions, cipherSuites, credentialType: capabilities without its own', () => {
    const without = (list: 'versions' | 'cipherSuites' | 'credentials'): string =>
      refused(undefined, (leaf) => ({ ...leaf, capabilities: { ...leaf.capabilities, [list]: [99] } }))
    expect(without('versions')).to.equal('invalid-leaf versions')
    expect(without('cipherSuites')).to.equal('invalid-leaf cipherSuites')
    expect(without('credentials')).to.equal('invalid-leaf credentialType')
  })

  it('invalid-leaf unlistedExtension, invalid-key-package unlistedExtension', () => {
    const extensions = [{ type: 0xf0c8, data: none }]
    expect(refused(undefined, (leaf) => ({ ...leaf, extensions }))).to.equal('invalid-leaf unlistedExtension')
    expect(refused((kp) => ({ ...kp, extensions }))).to.equal('invalid-key-package unlistedExtension')
  })

  it('invalid-key-package lastResort: its extension is not empty', () => {
    expect(refused((kp) => ({ ...kp, extensions: [{ type: 0x000a, data: ascii('x') }] }))).to.equal(
      'invalid-key-package lastResort',
    )
  })

  it('what the policy says of credential and queue reference', () => {
    const refusal = (reason: string) => () => ({ ok: false, refusal: { code: 'invalid-leaf', reason } }) as const
    expect(refused(undefined, undefined, dave, { credential: refusal('credentialRoot') })).to.equal(
      'invalid-leaf credentialRoot',
    )
    expect(refused(undefined, undefined, dave, { queueReference: refusal('queueReference') })).to.equal(
      'invalid-leaf queueReference',
    )
  })

  it('a signature under another label is none', () => {
    const keyPackage = forgeKeyPackage(dave)
    const forged = { ...keyPackage, signature: signedBy(dave, 'LeafNodeTBS', keyPackage.signedBytes) }
    expect(refusalOf(validateKeyPackage(keyPackageMessage(forged), policy))).to.equal('invalid-key-package signature')
  })
})
