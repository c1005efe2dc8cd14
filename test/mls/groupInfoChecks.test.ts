/** What is refused of GroupInfos, trees, bundles and snapshots; each test is named after the refusal. */
import { expect } from 'chai'
import { checkBundle } from '#src/mls/group/checkBundle.js'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import type { GroupInfo } from '#src/mls/wire/groupInfo.js'
import {
  decodeCommitBundle,
  decodeCommitBundleParts,
  decodeMlsMessage,
  encodeMlsMessage,
} from '#src/mls/wire/mlsMessage.js'
import type { LeafNode } from '#src/mls/wire/leafNode.js'
import type { ParentNode } from '#src/mls/wire/parentNode.js'
import { encodeTree, groupOf, leafAt, members, type PublicGroup } from '#src/mls/group/publicGroup.js'
import { treeOf } from '#src/mls/tree/ratchetTree.js'
import { restoreGroup, snapshot } from '#src/mls/group/snapshot.js'
import { applyCommit, stageCommit } from '#src/mls/group/stageCommit.js'
import { encodeTreeNodes } from '#src/mls/tree/treeCodec.js'
import { acceptProposal, applyProposal } from '#src/mls/group/acceptProposal.js'
import {
  forgeCommit,
  forgeGroup,
  forgeGroupInfo,
  forgeLeaf,
  type Forger,
  forger,
  forgeProposal,
  forgeWelcome,
  lenient,
  none,
  random,
  requiring,
  validLifetime,
} from './forge.js'
import { addOf, forgedGroup } from './forgedGroup.js'
import { accepted, cpuMsOf, refusalCpuMsMax, refusalOf } from './vectors.js'

const { group, forgers } = forgedGroup(6, { committers: [2, 5, 0] })
const [alice, bob] = [forgers[0]!, forgers[1]!]

const created = (bytes: Uint8Array, tree?: Uint8Array, policy = lenient) => createPublicGroup(bytes, tree, policy)
const infoOf = (bytes: Uint8Array): GroupInfo => {
  const message = accepted(decodeMlsMessage(bytes))
  if (message.wireFormat !== 'groupInfo') throw new Error('not a GroupInfo')
  return message.groupInfo
}

/** The same group with other nodes in its tree, its hash and GroupInfo made to fit. */
const withNodes = (change: (nodes: PublicGroup['tree']['nodes'][number][]) => void): Uint8Array => {
  const nodes = group.tree.nodes.slice()
  change(nodes)
  while (nodes.at(-1) === undefined) nodes.pop()
  return forgeGroupInfo(groupOf({ ...group, tree: treeOf(group.tree.suite, nodes) }), alice, 0)
}

/** The same group without parents, and with another leaf of its second member. */
const withSecondLeaf = (leaf: LeafNode): Uint8Array =>
  withNodes((nodes) => {
    for (let node = 1; node < nodes.length; node += 2) nodes[node] = undefined
    nodes[2] = leaf
  })

const parentsOf = (): { at: number; node: ParentNode }[] =>
  group.tree.nodes.flatMap((node, at) => (node?.kind === 'parent' ? [{ at, node }] : []))

describe('a group is made from a GroupInfo', () => {
  it('with the tree inside it or beside it', () => {
    const inside = accepted(created(forgeGroupInfo(group, alice, 0)))
    const bare = forgeGroupInfo(group, bob, 1, (info) => ({ ...info, extensions: [] }))
    const beside = accepted(created(bare, encodeTree(group)))
    expect(inside.groupContext).to.deep.equal(group.groupContext)
    expect(beside.interimTranscriptHash).to.deep.equal(group.interimTranscriptHash)
    expect(members(inside).length).to.equal(6)
  })
})

describe('a GroupInfo is refused', () => {
  it('group-info-mismatch treeMissing', () => {
    const bare = forgeGroupInfo(group, alice, 0, (info) => ({ ...info, extensions: [] }))
    expect(refusalOf(created(bare))).to.equal('group-info-mismatch treeMissing')
  })

  it('group-info-mismatch treeHash: a tree that is not the one it names', () => {
    const other = encodeTree(forgeGroup(alice))
    const bare = forgeGroupInfo(group, alice, 0, (info) => ({ ...info, extensions: [] }))
    expect(refusalOf(created(bare, other))).to.equal('group-info-mismatch treeHash')
  })

  it('group-info-mismatch signer: nobody', () => {
    for (const signer of [6, 7, 8, 0xffff_ffff])
      expect(refusalOf(created(forgeGroupInfo(group, alice, signer)))).to.equal('group-info-mismatch signer')
  })

  it('invalid-signature groupInfo: somebody else signed it', () => {
    expect(refusalOf(created(forgeGroupInfo(group, bob, 0)))).to.equal('invalid-signature groupInfo')
  })

  it('malformed confirmationTag, unsupported-message version, unsupported-ciphersuite', () => {
    const changed = (change: Partial<GroupInfo['groupContext']>): Uint8Array =>
      forgeGroupInfo(group, alice, 0, (info) => ({ ...info, groupContext: { ...info.groupContext, ...change } }))
    const tag = forgeGroupInfo(group, alice, 0, (info) => ({ ...info, confirmationTag: random(31) }))
    expect(refusalOf(created(tag))).to.equal('malformed confirmationTag')
    expect(refusalOf(created(changed({ version: 2 })))).to.equal('unsupported-message version')
    expect(refusalOf(created(changed({ cipherSuite: 99 })))).to.equal('unsupported-ciphersuite cipherSuite')
  })

  it('unsupported-message wireFormat: another message', () => {
    const message = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: forgeCommit(group, alice, 0) })
    expect(refusalOf(created(message))).to.equal('unsupported-message wireFormat')
  })

  it('group-info-mismatch parentHash: a parent that nobody under it made', () => {
    for (const { at, node } of parentsOf()) {
      const info = withNodes((nodes) => (nodes[at] = { ...node, encryptionKey: random(32) }))
      expect(refusalOf(created(info))).to.equal('group-info-mismatch parentHash')
    }
  })

  it('group-info-mismatch unmergedLeaves: outside the node, blank, twice, unsorted, or not unmerged below', () => {
    const [root] = parentsOf().filter(({ at }) => at === 7)
    const [low] = parentsOf().filter(({ at }) => at === 3)
    for (const unmergedLeaves of [[0xffff_ffff], [1_000_000], [7], [1, 1], [2, 1], [1]]) {
      const info = withNodes((nodes) => (nodes[7] = { ...root!.node, unmergedLeaves }))
      expect(refusalOf(created(info))).to.equal('group-info-mismatch unmergedLeaves')
    }
    const outside = withNodes((nodes) => (nodes[3] = { ...low!.node, unmergedLeaves: [4] }))
    expect(refusalOf(created(outside))).to.equal('group-info-mismatch unmergedLeaves')
  })

  it('group-info-mismatch parentKey', () => {
    const [{ at, node }] = parentsOf() as [{ at: number; node: ParentNode }]
    const info = withNodes((nodes) => (nodes[at] = { ...node, encryptionKey: random(31) }))
    expect(refusalOf(created(info))).to.equal('group-info-mismatch parentKey')
  })

  it('invalid-leaf signature: a leaf that its client did not sign, or signed for another place', () => {
    const forged = { ...leafAt(group, 1)!, bytes: leafAt(group, 1)!.bytes.slice() }
    forged.bytes[forged.bytes.length - 1]! ^= 1
    expect(refusalOf(created(withSecondLeaf(forged)))).to.equal('invalid-leaf signature')
    const elsewhere = forgeLeaf(bob, { type: 'commit', parentHash: none }, { groupId: group.groupId, leafIndex: 2 })
    expect(refusalOf(created(withSecondLeaf(elsewhere)))).to.equal('invalid-leaf signature')
  })

  it('invalid-leaf duplicateClient, duplicateSignatureKey, duplicateEncryptionKey', () => {
    const place = (from: Forger, change?: Parameters<typeof forgeLeaf>[3]): string =>
      refusalOf(created(withSecondLeaf(forgeLeaf(from, validLifetime, undefined, change))))
    expect(place(forger('client 3'))).to.equal('invalid-leaf duplicateClient')
    expect(place({ ...forgers[3]!, credential: bob.credential })).to.equal('invalid-leaf duplicateSignatureKey')
    const taken = leafAt(group, 4)!.encryptionKey
    expect(place(bob, (leaf) => ({ ...leaf, encryptionKey: taken }))).to.equal('invalid-leaf duplicateEncryptionKey')
  })

  it('group-info-mismatch requiredCapabilities, unrequiredExtension: context extensions not as every group has them', () => {
    const lacking = forgeGroupInfo(forgeGroup(alice, [requiring([])]), alice, 0)
    expect(refusalOf(created(lacking))).to.equal('group-info-mismatch requiredCapabilities')
    const more = forgeGroup(alice, [requiring([0xf0c1]), { type: 0xf0c2, data: none }])
    expect(refusalOf(created(forgeGroupInfo(more, alice, 0)))).to.equal('group-info-mismatch unrequiredExtension')
  })

  it('what the policy says of a leaf', () => {
    const refusal = { code: 'invalid-leaf', reason: 'credentialRoot' } as const
    const policy = { ...lenient, credential: () => ({ ok: false, refusal }) as const }
    expect(refusalOf(created(forgeGroupInfo(group, alice, 0), undefined, policy))).to.equal(
      'invalid-leaf credentialRoot',
    )
  })
})

describe('a ratchet tree is refused, in milliseconds', () => {
  const bare = forgeGroupInfo(group, alice, 0, (info) => ({ ...info, extensions: [] }))
  const quickly = (tree: Uint8Array): string => {
    let refusal = ''
    const cost = cpuMsOf(() => (refusal = refusalOf(created(bare, tree))))
    expect(cost).to.be.lessThan(refusalCpuMsMax)
    return refusal
  }
  const vector = (content: Uint8Array): Uint8Array => {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, 0x8000_0000 + content.length)
    return new Uint8Array([...length, ...content])
  }

  it('too-large vectorEntries: a million blanks', () => {
    expect(quickly(vector(new Uint8Array(1_000_000)))).to.equal('too-large vectorEntries')
  })

  it('malformed treeEnd: empty, blank at its end, or of an odd width', () => {
    const nodes = group.tree.nodes
    for (const tree of [[], [undefined], nodes.slice(0, 4), nodes.slice(0, 2)])
      expect(quickly(tree.length === 1 ? Uint8Array.of(1, 0) : encodeTreeNodes(tree))).to.equal('malformed treeEnd')
    expect(quickly(new Uint8Array([0x40, 0x40, ...new Uint8Array(64)]))).to.equal('malformed treeEnd')
  })

  it('malformed treeOrder: leaves where parents belong', () => {
    const leaf = leafAt(group, 0)
    expect(quickly(encodeTreeNodes([leaf, leaf, leaf]))).to.equal('malformed treeOrder')
  })

  it('malformed trailingBytes, nonMinimalLength, truncated, presence', () => {
    const tree = encodeTree(group)
    expect(quickly(new Uint8Array([...tree, 0]))).to.equal('malformed trailingBytes')
    expect(quickly(new Uint8Array([0x80, 0, 0, 1, 0]))).to.equal('malformed nonMinimalLength')
    expect(quickly(tree.subarray(0, -1))).to.equal('malformed truncated')
    expect(quickly(Uint8Array.of(1, 2))).to.equal('malformed presence')
  })
})

describe('a commit bundle', () => {
  const dave = forger('dave')
  const commit = forgeCommit(group, alice, 0, { proposals: [addOf(dave), addOf(forger('erin'))] })
  const staged = accepted(stageCommit(group, commit, lenient))
  const groupInfoBytes = forgeGroupInfo(staged.next, alice, 0)
  const groupInfo = infoOf(groupInfoBytes)
  const welcome = forgeWelcome(staged)

  it('is accepted whole, in one piece or in parts', () => {
    const commitBytes = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: commit })
    const welcomeBytes = encodeMlsMessage({ wireFormat: 'welcome', welcome })
    const whole = accepted(decodeCommitBundle(new Uint8Array([...commitBytes, ...welcomeBytes, ...groupInfoBytes])))
    const parts = accepted(
      decodeCommitBundleParts({ commit: commitBytes, welcome: welcomeBytes, groupInfo: groupInfoBytes }),
    )
    for (const bundle of [whole, parts]) {
      accepted(checkBundle(staged, bundle.groupInfo, bundle.welcome))
      expect(bundle.commitBytes).to.deep.equal(commitBytes)
      expect(bundle.welcomeBytes).to.deep.equal(welcomeBytes)
      expect(bundle.groupInfoBytes).to.deep.equal(groupInfoBytes)
    }
    accepted(decodeCommitBundle(new Uint8Array([...commitBytes, ...groupInfoBytes])))
    for (const [pieces, reason] of [
      [[], 'bundleCommit'],
      [[commitBytes], 'bundleGroupInfo'],
      [[commitBytes, commitBytes, groupInfoBytes], 'bundleWelcome'],
      [[groupInfoBytes, welcomeBytes, commitBytes], 'bundleCommit'],
      [[commitBytes, welcomeBytes, groupInfoBytes, welcomeBytes], 'trailingBytes'],
    ] as const) {
      const bytes = new Uint8Array(pieces.flatMap((piece) => [...piece]))
      expect(refusalOf(decodeCommitBundle(bytes))).to.equal(`malformed ${reason}`)
    }
  })

  it('welcome-mismatch missing, refs, cipherSuite: a Welcome not to exactly those added', () => {
    const check = (changed: typeof welcome | undefined) => refusalOf(checkBundle(staged, groupInfo, changed))
    const [first, second] = [welcome.secrets[0]!, welcome.secrets[1]!]
    expect(check(undefined)).to.equal('welcome-mismatch missing')
    expect(check({ ...welcome, cipherSuite: 2 })).to.equal('welcome-mismatch cipherSuite')
    const stranger = { ...first, newMember: random(32) }
    for (const secrets of [[], [first], [first, first], [first, second, stranger], [first, stranger]])
      expect(check({ ...welcome, secrets })).to.equal('welcome-mismatch refs')
    accepted(checkBundle(staged, groupInfo, { ...welcome, secrets: [second, first] }))
  })

  it('welcome-mismatch refs: a Welcome where nobody was added', () => {
    const empty = accepted(stageCommit(group, forgeCommit(group, alice, 0), lenient))
    const info = infoOf(forgeGroupInfo(empty.next, alice, 0))
    accepted(checkBundle(empty, info, undefined))
    for (const secrets of [[], welcome.secrets])
      expect(refusalOf(checkBundle(empty, info, { ...welcome, secrets }))).to.equal('welcome-mismatch refs')
  })

  it('group-info-mismatch groupContext, confirmationTag, signer, tree; invalid-signature groupInfo', () => {
    const check = (bytes: Uint8Array) => refusalOf(checkBundle(staged, infoOf(bytes), welcome))
    expect(check(forgeGroupInfo(group, alice, 0))).to.equal('group-info-mismatch groupContext')
    const tag = forgeGroupInfo({ ...staged.next, confirmationTag: random(32) }, alice, 0)
    expect(check(tag)).to.equal('group-info-mismatch confirmationTag')
    expect(check(forgeGroupInfo(staged.next, bob, 1))).to.equal('group-info-mismatch signer')
    expect(check(forgeGroupInfo(staged.next, bob, 0))).to.equal('invalid-signature groupInfo')
    const tree = (info: GroupInfo) => ({ ...info, extensions: [{ type: 2, data: encodeTree(group) }] })
    expect(check(forgeGroupInfo(staged.next, alice, 0, tree))).to.equal('group-info-mismatch tree')
  })
})

describe('a snapshot', () => {
  it('restores the group as it was, pending proposals too, and goes on', () => {
    const message = forgeProposal(group, bob, 1, addOf(forger('dave')))
    const pending = accepted(acceptProposal(group, message, lenient))
    const restored = accepted(restoreGroup(snapshot(pending.next)))
    expect(restored.groupContext).to.deep.equal(group.groupContext)
    expect([...restored.pending.keys()]).to.deep.equal([...pending.next.pending.keys()])
    const commit = forgeCommit(restored, alice, 0, { proposals: [pending.ref] })
    const one = accepted(applyCommit(restored, commit)).next
    const other = accepted(stageCommit(pending.next, commit, lenient)).next
    expect(one.groupContext).to.deep.equal(other.groupContext)
    expect(accepted(applyProposal(group, message)).next.pending.size).to.equal(1)
  })

  it('malformed: of another version, cut short or lengthened', () => {
    const bytes = snapshot(group)
    expect(refusalOf(restoreGroup(new Uint8Array([9, ...bytes.subarray(1)])))).to.equal('malformed snapshotVersion')
    expect(refusalOf(restoreGroup(bytes.subarray(0, -1)))).to.match(/^malformed /)
    expect(refusalOf(restoreGroup(new Uint8Array([...bytes, 0])))).to.equal('malformed trailingBytes')
  })

  it('replay of the commit just staged costs nothing: it is the same result', () => {
    const message = forgeCommit(group, alice, 0)
    const staged = accepted(stageCommit(group, message, lenient))
    const copy = accepted(decodeMlsMessage(encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: message })))
    if (copy.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
    expect(accepted(applyCommit(group, copy.publicMessage))).to.equal(staged)
    const other = forgeCommit(group, bob, 1)
    expect(accepted(applyCommit(group, other)).committer.leafIndex).to.equal(1)
  })

  it('keeps its suite', () => {
    const suite = cipherSuite(2)
    const other = forgeGroup(forger('p', { suite }))
    expect(accepted(restoreGroup(snapshot(other))).cipherSuite).to.equal(2)
  })
})
