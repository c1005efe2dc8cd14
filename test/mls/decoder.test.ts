/** The decoder on bytes that nobody should send: refusals as values, quickly, and never anything else. */
import { expect } from 'chai'
import { readCommit } from '#src/mls/wire/commit.js'
import { readCredential } from '#src/mls/wire/credential.js'
import { readPrivateMessage, readPublicMessage } from '#src/mls/wire/framing.js'
import { readLeafNode } from '#src/mls/wire/leafNode.js'
import { readPreSharedKeyId } from '#src/mls/wire/preSharedKeyId.js'
import { readProposal } from '#src/mls/wire/proposal.js'
import { decodeExactly, type Reader } from '#src/mls/bytes/reader.js'
import { decodeMlsMessage, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { decodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { restoreGroup, snapshot } from '#src/mls/group/snapshot.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { attempt } from '#src/mls/bytes/refusal.js'
import { decodeTreeNodes } from '#src/mls/tree/treeCodec.js'
import { encodeTree } from '#src/mls/group/publicGroup.js'
import { forgeCommit, forgeGroupInfo, forgeKeyPackage, forger, keyPackageMessage, lenient } from './forge.js'
import { addOf, forgedGroup } from './forgedGroup.js'
import { seeded } from '../ports/seeded.js'
import { accepted, cpuMsOf, refusalCpuMsMax, refusalOf, report } from './vectors.js'

const { group, forgers } = forgedGroup(5, { committers: [1] })
const keyPackage = keyPackageMessage(forgeKeyPackage(forger('dave')))
const commitMessage = forgeCommit(group, forgers[0]!, 0, {
  proposals: [addOf(forger('erin')), { type: 'remove', removed: 2 }],
})
const commit = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: commitMessage })
const groupInfo = forgeGroupInfo(group, forgers[0]!, 0)

const decode = (bytes: Uint8Array, max?: number) => decodeMlsMessage(bytes, max)

describe('the decoder', () => {
  it('holds a copy: the bytes it was given may change afterwards', () => {
    const bytes = keyPackage.slice()
    const message = accepted(decode(bytes))
    bytes.fill(0)
    expect(encodeMlsMessage(message)).to.deep.equal(keyPackage)
    expect(message.bytes).to.deep.equal(keyPackage)
  })

  it('takes a view on a larger buffer, and a Buffer', () => {
    const view = new Uint8Array([1, 2, 3, ...keyPackage, 4]).subarray(3, -1)
    for (const bytes of [view, Buffer.from(keyPackage)])
      expect(encodeMlsMessage(accepted(decode(bytes)))).to.deep.equal(keyPackage)
  })

  it('malformed trailingBytes', () => {
    for (const bytes of [keyPackage, commit, groupInfo])
      expect(refusalOf(decode(new Uint8Array([...bytes, 0])))).to.equal('malformed trailingBytes')
  })

  it('malformed truncated, at every length', () => {
    for (const bytes of [keyPackage, commit])
      for (let length = 0; length < bytes.length; length++) expect(decode(bytes.subarray(0, length)).ok).to.equal(false)
    expect(refusalOf(decode(new Uint8Array()))).to.equal('malformed truncated')
  })

  it('malformed nonMinimalLength, lengthPrefix', () => {
    const withLength = (...length: number[]) =>
      new Uint8Array([0, 1, 0, 5, 0, 1, 0, 1, ...length, ...keyPackage.subarray(9)])
    expect(keyPackage[8]).to.equal(32)
    expect(refusalOf(decode(withLength(0x40, 32)))).to.equal('malformed nonMinimalLength')
    expect(refusalOf(decode(withLength(0x80, 0, 0, 32)))).to.equal('malformed nonMinimalLength')
    expect(refusalOf(decode(withLength(0x80, 0, 0x3f, 0xff)))).to.equal('malformed nonMinimalLength')
    expect(refusalOf(decode(withLength(0xc0, 0, 0, 0, 0, 0, 0, 32)))).to.equal('malformed lengthPrefix')
    expect(refusalOf(decode(withLength(0xbf, 0xff, 0xff, 0xff)))).to.equal('malformed truncated')
  })

  it('unsupported-message version, wireFormat', () => {
    expect(refusalOf(decode(Uint8Array.of(0, 2, 0, 5)))).to.equal('unsupported-message version')
    expect(refusalOf(decode(Uint8Array.of(0, 1, 0, 9)))).to.equal('unsupported-message wireFormat')
  })

  it('what no version of a struct knows: each kind, type and presence byte', () => {
    const cases: readonly (readonly [(reader: Reader) => unknown, readonly number[], string])[] = [
      [readCredential, [0, 3, 0], 'unsupported-message credentialType'],
      [readProposal, [0, 8], 'unsupported-message proposalType'],
      [readProposal, [0, 0], 'unsupported-message proposalType'],
      [readPreSharedKeyId, [3, 0, 0], 'malformed preSharedKeyType'],
      [readPreSharedKeyId, [2, 4, 0], 'malformed resumptionUsage'],
      [readCommit, [1, 3, 0], 'malformed proposalOrRef'],
      [readCommit, [0, 2], 'malformed presence'],
      [readLeafNode, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4], 'malformed leafNodeSource'],
      [readPublicMessage, [0, 0, 0, 0, 0, 0, 0, 0, 0, 5], 'malformed senderType'],
      [readPublicMessage, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'malformed senderType'],
      [readPublicMessage, [0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4], 'malformed contentType'],
      [readPrivateMessage, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'malformed contentType'],
    ]
    for (const [read, bytes, refusal] of cases)
      expect(refusalOf(attempt(() => decodeExactly(Uint8Array.from(bytes), read)))).to.equal(refusal)
    expect(refusalOf(attempt(() => decodeTreeNodes(Uint8Array.of(2, 1, 3))))).to.equal('malformed nodeType')
  })

  it('malformed repeatedExtension', () => {
    const twice = forgeKeyPackage(forger('twice'), (kp) => ({
      ...kp,
      extensions: [],
      signature: new Uint8Array(),
    }))
    const extension = { type: 0xf0c1, data: new Uint8Array() }
    const bytes = keyPackageMessage({ ...twice, extensions: [extension, extension] })
    expect(refusalOf(decode(bytes))).to.equal('malformed repeatedExtension')
  })

  it('too-large bytes, one past the limit and not at it', () => {
    expect(decode(keyPackage, keyPackage.length).ok).to.equal(true)
    expect(decode(keyPackage, keyPackage.length - 1)).to.deep.equal({
      ok: false,
      refusal: { code: 'too-large', reason: 'bytes', max: keyPackage.length - 1, actual: keyPackage.length },
    })
  })

  it('too-large vectorEntries: a megabyte of tiny extensions, in milliseconds', () => {
    const extensions = Array.from({ length: 300_000 }, (_, type) => ({ type, data: new Uint8Array() }))
    const bytes = keyPackageMessage({ ...forgeKeyPackage(forger('many')), extensions })
    const cost = cpuMsOf(() => expect(refusalOf(decode(bytes))).to.equal('too-large vectorEntries'))
    expect(cost).to.be.lessThan(refusalCpuMsMax)
  })

  it('malformed domain: a queue reference that names none', () => {
    expect(refusalOf(decodeQueueReference(Uint8Array.of(1, 0xff, 0, 0, 0)))).to.equal('malformed domain')
    expect(refusalOf(decodeQueueReference(Uint8Array.of(0, 0, 0, 0)))).to.equal('malformed domain')
  })

  it('fuzz: changed, cut, joined and random bytes give a value or a typed refusal', () => {
    const random = seeded(1)
    const samples = [keyPackage, commit, groupInfo]
    const decoders = [
      (bytes: Uint8Array) => decode(bytes),
      (bytes: Uint8Array) => attempt(() => decodeTreeNodes(bytes)),
      (bytes: Uint8Array) => restoreGroup(bytes),
    ]
    const trees = [encodeTree(group), snapshot(group)]
    let refusals = 0
    const rounds = 20_000
    for (let round = 0; round < rounds; round++) {
      const bytes = random.pick([...samples, ...trees]).slice()
      for (let n = random.integer(4); n >= 0; n--) mutate(bytes, random)
      const cut = random.integer(3) === 0 ? bytes.subarray(0, random.integer(bytes.length)) : bytes
      for (const decoder of decoders) if (!decoder(cut).ok) refusals++
    }
    report(`${rounds * decoders.length} decodings, ${refusals} refusals`)
  })

  it('fuzz: a commit with one byte changed passes only in its membership or confirmation tag', () => {
    accepted(stageCommit(group, commitMessage, lenient))
    let tried = 0
    const passed: number[] = []
    for (let at = 0; at < commit.length; at++)
      for (const flip of [0x01, 0x80, 0xff]) {
        tried++
        const bytes = commit.slice()
        bytes[at]! ^= flip
        const decoded = decode(bytes)
        if (!decoded.ok || decoded.value.wireFormat !== 'publicMessage') continue
        if (stageCommit(group, decoded.value.publicMessage, lenient).ok) passed.push(at)
      }
    const firstTag = commit.length - 33 - 33
    const isInTag = (at: number): boolean => at > firstTag && at !== firstTag + 33
    expect(passed.every(isInTag)).to.equal(true)
    expect(new Set(passed).size).to.equal(64)
    report(`${tried} changed commits, ${passed.length} passed, all of them in the two tags`)
  })
})

const mutate = (bytes: Uint8Array, random: ReturnType<typeof seeded>): void => {
  const at = random.integer(bytes.length)
  switch (random.integer(4)) {
    case 0:
      bytes[at] = random.integer(256)
      return
    case 1:
      bytes[at]! ^= 1 << random.integer(8)
      return
    case 2:
      bytes[at] = random.pick([0, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff])
      return
    default:
      bytes.copyWithin(at, random.integer(bytes.length), random.integer(bytes.length))
  }
}
