/** What is refused of commits; each test is named after the refusal. */
import { expect } from 'chai'
import { acceptProposal } from '#src/mls/group/acceptProposal.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { groupOf, members, type PublicGroup } from '#src/mls/group/publicGroup.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import type { PublicMessage } from '#src/mls/wire/framing.js'
import { writeExternalSender } from '#src/mls/wire/contextExtensions.js'
import { encodeWith, writeVector } from '#src/mls/bytes/writer.js'
import {
  ascii,
  type CommitOptions,
  forgeCommit,
  forgeGroupInfo,
  forgeKeyPackage,
  forgeLeaf,
  type Forger,
  forger,
  forgeProposal,
  hpkeKey,
  lenient,
  none,
  random,
  requiring,
} from './forge.js'
import { addOf, forgedGroup } from './forgedGroup.js'
import { accepted, cpuMsOf, refusalCpuMsMax, refusalOf } from './vectors.js'

const server = forger('server')
const externalSenders = {
  type: 5,
  data: encodeWith(
    (writer, senders) => {
      writeVector(writer, senders, writeExternalSender)
    },
    [{ signatureKey: server.signatureKey, credential: server.credential }],
  ),
}
const { group, forgers } = forgedGroup(7, { committers: [3, 5], extensions: [requiring([0xf0c1]), externalSenders] })
const [alice, bob, carol] = [forgers[0]!, forgers[1]!, forgers[2]!]
const dave = forger('dave')

const staged = (message: PublicMessage, on = group) => stageCommit(on, message, lenient)
const refused = (options: CommitOptions, by: Forger = alice, leafIndex: number | undefined = 0, on = group): string =>
  refusalOf(staged(forgeCommit(on, by, leafIndex, options), on))
const refusedExternal = (options: CommitOptions, by: Forger = dave, on = group): string =>
  refusalOf(staged(forgeCommit(on, by, undefined, options), on))

const remove = (removed: number): Proposal => ({ type: 'remove', removed })
const psk = (id: string, nonce = random(32)): Proposal => ({
  type: 'preSharedKey',
  key: { type: 'external', id: ascii(id), nonce, bytes: none },
})
const reInit: Proposal = { type: 'reInit', groupId: random(16), version: 1, cipherSuite: 1, extensions: [] }
const externalInit: Proposal = { type: 'externalInit', kemOutput: random(32) }
const context = (...required: number[]): Proposal => ({
  type: 'groupContextExtensions',
  extensions: [requiring(required)],
})
const update = (by: Forger, leafIndex: number, on = group): Proposal => ({
  type: 'update',
  leafNode: forgeLeaf(by, { type: 'update' }, { groupId: on.groupId, leafIndex }),
})

/** The group with a proposal of a member pending, and its reference. */
const pendingOn = (on: PublicGroup, by: Forger, leafIndex: number, proposal: Proposal) =>
  accepted(acceptProposal(on, forgeProposal(on, by, leafIndex, proposal), lenient))

describe('a commit is accepted', () => {
  it('without proposals, with a path', () => {
    const result = accepted(staged(forgeCommit(group, alice, 0)))
    expect(result.updated.map(({ leafIndex }) => leafIndex)).to.deep.equal([0])
    expect(result.next.epoch).to.equal(group.epoch + 1n)
  })

  it('with an Add alone, without a path', () => {
    const result = accepted(staged(forgeCommit(group, alice, 0, { proposals: [addOf(dave)], path: false })))
    expect(result.added.map(({ leafIndex }) => leafIndex)).to.deep.equal([7])
  })

  it('that replaces a client: Remove of its leaf and Add of it anew', () => {
    const again = forger('client 2')
    const result = accepted(staged(forgeCommit(group, alice, 0, { proposals: [addOf(again), remove(2)] })))
    expect(result.added[0]?.leafIndex).to.equal(2)
  })

  it('by a newcomer', () => {
    const result = accepted(staged(forgeCommit(group, dave, undefined, { proposals: [externalInit] })))
    expect(result).to.include({ external: true, resyncOf: undefined })
    expect(result.committer.leafIndex).to.equal(7)
  })

  it('of a client that resyncs: it removes its own leaf', () => {
    const result = accepted(staged(forgeCommit(group, bob, undefined, { proposals: [externalInit, remove(1)] })))
    expect(result).to.include({ external: true, resyncOf: 1 })
    expect(members(result.next).length).to.equal(7)
  })

  it('of the last member that resyncs', () => {
    const alone = forgedGroup(1)
    const proposals = [externalInit, remove(0)]
    const result = accepted(staged(forgeCommit(alone.group, alone.forgers[0]!, undefined, { proposals }), alone.group))
    expect(result.committer.leafIndex).to.equal(0)
  })

  it('and leaves the group it was staged on as it was', () => {
    const before = { ...group, nodes: group.tree.nodes.slice() }
    accepted(staged(forgeCommit(group, alice, 0, { proposals: [remove(6), addOf(dave)] })))
    expect(group.tree.nodes).to.deep.equal(before.nodes)
    expect(group.treeHash).to.deep.equal(before.treeHash)
  })
})

describe('a commit is refused', () => {
  it('wrong-group groupId', () => {
    expect(refused({ change: (framed) => ({ ...framed, groupId: random(16) }) })).to.equal('wrong-group groupId')
  })

  it('wrong-epoch, with the current one', () => {
    for (const off of [-1n, 1n, 1000n]) {
      const message = forgeCommit(group, alice, 0, { change: (framed) => ({ ...framed, epoch: framed.epoch + off }) })
      const result = staged(message)
      expect(result).to.deep.equal({
        ok: false,
        refusal: { code: 'wrong-epoch', reason: 'epoch', currentEpoch: group.epoch },
      })
    }
  })

  it('invalid-commit lastEpoch: there is none after it', () => {
    const last = groupOf({ ...group, epoch: (1n << 64n) - 1n })
    expect(refused({}, alice, 0, last)).to.equal('invalid-commit lastEpoch')
  })

  it('malformed tag: a membership or confirmation tag of another size', () => {
    const message = forgeCommit(group, alice, 0)
    expect(refusalOf(staged({ ...message, membershipTag: random(31) }))).to.equal('malformed tag')
    expect(refusalOf(staged({ ...message, confirmationTag: random(33) }))).to.equal('malformed tag')
  })

  it("invalid-signature message: another member's key", () => {
    expect(refused({}, bob, 0)).to.equal('invalid-signature message')
  })

  it('invalid-signature message: bound to the context of another state', () => {
    const other = { ...group, groupContext: accepted(staged(forgeCommit(group, bob, 1))).next.groupContext }
    expect(refusalOf(staged(forgeCommit(other, alice, 0)))).to.equal('invalid-signature message')
  })

  it('invalid-commit senderLeaf: a blank leaf, or one outside the tree', () => {
    for (const leafIndex of [7, 8, 1_000_000, 0xffff_ffff]) {
      const message = forgeCommit(group, alice, 0, {
        change: (framed) => ({ ...framed, sender: { type: 'member', leafIndex } }),
      })
      expect(refusalOf(staged(message))).to.equal('invalid-commit senderLeaf')
    }
  })

  it('invalid-commit senderType: a commit of an external sender', () => {
    const change: CommitOptions['change'] = (framed) => ({ ...framed, sender: { type: 'external', senderIndex: 0 } })
    expect(refused({ change }, server)).to.equal('invalid-commit senderType')
  })

  it('unsupported-message contentType: a proposal where a commit belongs', () => {
    expect(refusalOf(staged(forgeProposal(group, alice, 0, addOf(dave))))).to.equal('unsupported-message contentType')
  })

  it('invalid-commit pathMissing: none where the proposals require one', () => {
    for (const proposals of [[], [remove(1)], [context(0xf0c1)], [addOf(dave), remove(1)]])
      expect(refused({ proposals, path: false })).to.equal('invalid-commit pathMissing')
    const pending = pendingOn(group, bob, 1, update(bob, 1))
    expect(refused({ proposals: [pending.ref], path: false }, alice, 0, pending.next)).to.equal(
      'invalid-commit pathMissing',
    )
  })

  it('invalid-commit pathLength: a node too few or too many', () => {
    const fewer: CommitOptions = { changePath: (path) => ({ ...path, nodes: path.nodes.slice(1) }) }
    const more: CommitOptions = { changePath: (path) => ({ ...path, nodes: [...path.nodes, path.nodes[0]!] }) }
    expect(refused(fewer)).to.equal('invalid-commit pathLength')
    expect(refused(more)).to.equal('invalid-commit pathLength')
  })

  it('invalid-commit pathSecrets: not one ciphertext per receiver', () => {
    const changePath: CommitOptions['changePath'] = (path) => ({
      ...path,
      nodes: path.nodes.map((node, at) => (at === 1 ? { ...node, encryptedPathSecrets: [] } : node)),
    })
    expect(refused({ changePath })).to.equal('invalid-commit pathSecrets')
  })

  it('invalid-commit pathSecretSize: no path secret fits in the ciphertext', () => {
    const changePath: CommitOptions['changePath'] = (path) => ({
      ...path,
      nodes: path.nodes.map((node) => ({
        ...node,
        encryptedPathSecrets: node.encryptedPathSecrets.map((sealed) => ({ ...sealed, ciphertext: random(47) })),
      })),
    })
    expect(refused({ changePath })).to.equal('invalid-commit pathSecretSize')
  })

  it('invalid-commit pathKey: a public key of another size', () => {
    const changePath: CommitOptions['changePath'] = (path) => ({
      ...path,
      nodes: path.nodes.map((node) => ({ ...node, encryptionKey: random(31) })),
    })
    expect(refused({ changePath })).to.equal('invalid-commit pathKey')
  })

  it('invalid-commit parentHash: the leaf names other parents', () => {
    const changeLeaf: CommitOptions['changeLeaf'] = (leaf) => ({
      ...leaf,
      source: { type: 'commit', parentHash: random(32) },
    })
    expect(refused({ changeLeaf })).to.equal('invalid-commit parentHash')
  })

  it('invalid-leaf source: a path leaf that says it is an update or a KeyPackage', () => {
    for (const type of ['update', 'keyPackage'] as const) {
      const source = type === 'update' ? { type } : { type, notBefore: 0n, notAfter: 1n << 40n }
      expect(refused({ changeLeaf: (leaf) => ({ ...leaf, source }) })).to.match(/^invalid-leaf (source|signature)$/)
    }
  })

  it('invalid-leaf signature: a leaf signed for another place', () => {
    expect(refused({ signedFor: 1 })).to.equal('invalid-leaf signature')
  })

  it('invalid-leaf encryptionKeyReused: the path leaf keeps the old key', () => {
    const before = members(group)[0]!.leaf.encryptionKey
    expect(refused({ changeLeaf: (leaf) => ({ ...leaf, encryptionKey: before }) })).to.equal(
      'invalid-leaf encryptionKeyReused',
    )
  })

  it('invalid-leaf identityChanged: a path or an Update that turns a leaf into another client', () => {
    const credential = { type: 'basic', identity: ascii('somebody else') } as const
    expect(refused({ changeLeaf: (leaf) => ({ ...leaf, credential }) })).to.equal('invalid-leaf identityChanged')
    const leafNode = forgeLeaf({ ...bob, credential }, { type: 'update' }, { groupId: group.groupId, leafIndex: 1 })
    const message = forgeProposal(group, bob, 1, { type: 'update', leafNode })
    expect(refusalOf(acceptProposal(group, message, lenient))).to.equal('invalid-leaf identityChanged')
  })

  it('invalid-leaf unlistedExtension: an extension that its capabilities do not list', () => {
    const changeLeaf: CommitOptions['changeLeaf'] = (leaf) => ({
      ...leaf,
      extensions: [...leaf.extensions, { type: 0xf0c9, data: none }],
    })
    expect(refused({ changeLeaf })).to.equal('invalid-leaf unlistedExtension')
    expect(refusedExternal({ changeLeaf, proposals: [externalInit] })).to.equal('invalid-leaf unlistedExtension')
    const keyPackage = forgeKeyPackage(dave, undefined, changeLeaf)
    expect(refused({ proposals: [{ type: 'add', keyPackage }] })).to.equal('invalid-leaf unlistedExtension')
  })

  it('invalid-leaf capabilities: a leaf without what the group requires', () => {
    const poor = forger('poor', { extensions: [], capabilities: { ...dave.capabilities, extensions: [] } })
    expect(refused({ proposals: [addOf(poor)] })).to.equal('invalid-leaf capabilities')
    expect(refusedExternal({ proposals: [externalInit] }, poor)).to.equal('invalid-leaf capabilities')
    const changeLeaf: CommitOptions['changeLeaf'] = (leaf) => ({
      ...leaf,
      extensions: [],
      capabilities: { ...leaf.capabilities, extensions: [] },
    })
    expect(refused({ changeLeaf })).to.equal('invalid-leaf capabilities')
  })

  it('invalid-leaf capabilities: context extensions that a member does not support', () => {
    expect(refused({ proposals: [context(0xf0c1, 0xf0c7)] })).to.equal('invalid-leaf capabilities')
  })

  it('invalid-leaf versions, cipherSuites, credentialType: a leaf that does not list its own', () => {
    const without = (list: 'versions' | 'cipherSuites' | 'credentials'): CommitOptions => ({
      changeLeaf: (leaf) => ({ ...leaf, capabilities: { ...leaf.capabilities, [list]: [] } }),
    })
    expect(refused(without('versions'))).to.equal('invalid-leaf versions')
    expect(refused(without('cipherSuites'))).to.equal('invalid-leaf cipherSuites')
    expect(refused(without('credentials'))).to.equal('invalid-leaf credentialType')
  })

  it('invalid-leaf encryptionKey: an HPKE key of another size', () => {
    expect(refused({ changeLeaf: (leaf) => ({ ...leaf, encryptionKey: random(33) }) })).to.equal(
      'invalid-leaf encryptionKey',
    )
  })

  it("invalid-leaf duplicateEncryptionKey: a path node or leaf with another node's key", () => {
    const taken = members(group)[4]!.leaf.encryptionKey
    expect(refused({ changeLeaf: (leaf) => ({ ...leaf, encryptionKey: taken }) })).to.equal(
      'invalid-leaf duplicateEncryptionKey',
    )
  })

  it("invalid-leaf duplicateSignatureKey: an Add with a member's key", () => {
    const twin = { ...forger('twin'), signatureKey: carol.signatureKey, privateKey: carol.privateKey }
    expect(refused({ proposals: [addOf(twin)] })).to.equal('invalid-leaf duplicateSignatureKey')
  })

  it('invalid-leaf duplicateClient: a second leaf of one client', () => {
    const second = forger('client 2')
    expect(refused({ proposals: [addOf(second)] })).to.equal('invalid-leaf duplicateClient')
    expect(refusedExternal({ proposals: [externalInit] }, second)).to.equal('invalid-leaf duplicateClient')
  })

  it('too-large members: one more than the policy allows', () => {
    const message = forgeCommit(group, alice, 0, { proposals: [addOf(dave)] })
    accepted(stageCommit(group, message, { ...lenient, membersMax: 8 }))
    const proposal = forgeProposal(group, alice, 0, addOf(dave))
    const info = forgeGroupInfo(group, alice, 0)
    const policy = { ...lenient, membersMax: 7 }
    for (const result of [
      stageCommit(group, message, policy),
      acceptProposal(group, proposal, policy),
      createPublicGroup(info, undefined, { ...lenient, membersMax: 6 }),
    ])
      expect(refusalOf(result)).to.equal('too-large members')
  })

  it('what the policy says of a new leaf', () => {
    const policy = {
      ...lenient,
      credential: () => ({ ok: false, refusal: { code: 'invalid-leaf', reason: 'credentialRoot' } }) as const,
    }
    const path = forgeCommit(group, alice, 0)
    const add = forgeCommit(group, alice, 0, { proposals: [addOf(dave)], path: false })
    const external = forgeCommit(group, dave, undefined, { proposals: [externalInit] })
    for (const message of [path, add, external])
      expect(refusalOf(stageCommit(group, message, policy))).to.equal('invalid-leaf credentialRoot')
    const withoutQueue = {
      ...lenient,
      queueReference: () => ({ ok: false, refusal: { code: 'invalid-leaf', reason: 'queueReference' } }) as const,
    }
    for (const message of [path, add, external])
      expect(refusalOf(stageCommit(group, message, withoutQueue))).to.equal('invalid-leaf queueReference')
  })

  it('invalid-leaf lifetime, lifetimeTooLong: an added KeyPackage out of its time', () => {
    const message = forgeCommit(group, alice, 0, { proposals: [addOf(dave)] })
    const at = (now: number, maxLifetimeS = lenient.maxLifetimeS) =>
      refusalOf(stageCommit(group, message, { ...lenient, now, maxLifetimeS }))
    expect(at(lenient.now + 31 * 24 * 3600_000)).to.equal('invalid-leaf lifetime')
    expect(at(lenient.now - 3601_000)).to.equal('invalid-leaf lifetime')
    expect(at(lenient.now, 24 * 3600)).to.equal('invalid-leaf lifetimeTooLong')
  })

  it("invalid-key-package signature, cipherSuite, version, initKey: what is wrong with an Add's KeyPackage", () => {
    const add = (change: Parameters<typeof forgeKeyPackage>[1]): Proposal => ({
      type: 'add',
      keyPackage: forgeKeyPackage(dave, change),
    })
    const forged = { ...forgeKeyPackage(dave), signature: random(64) }
    expect(refused({ proposals: [{ type: 'add', keyPackage: forged }] })).to.equal('invalid-key-package signature')
    expect(refused({ proposals: [add((kp) => ({ ...kp, cipherSuite: 3 }))] })).to.equal(
      'invalid-key-package cipherSuite',
    )
    expect(refused({ proposals: [add((kp) => ({ ...kp, version: 2 }))] })).to.equal('invalid-key-package version')
    expect(refused({ proposals: [add((kp) => ({ ...kp, initKey: kp.leafNode.encryptionKey }))] })).to.equal(
      'invalid-key-package initKey',
    )
  })

  it('invalid-proposal committerUpdate: an Update of the committer', () => {
    expect(refused({ proposals: [update(alice, 0)] })).to.equal('invalid-proposal committerUpdate')
    const pending = pendingOn(group, alice, 0, update(alice, 0))
    expect(refused({ proposals: [pending.ref] }, alice, 0, pending.next)).to.equal('invalid-proposal committerUpdate')
  })

  it('invalid-proposal committerRemove: a Remove of the committer', () => {
    expect(refused({ proposals: [remove(0)] })).to.equal('invalid-proposal committerRemove')
    const pending = pendingOn(group, alice, 0, remove(0))
    expect(refused({ proposals: [pending.ref] }, alice, 0, pending.next)).to.equal('invalid-proposal committerRemove')
    accepted(staged(forgeCommit(pending.next, bob, 1, { proposals: [pending.ref] }), pending.next))
  })

  it('invalid-proposal repeatedLeaf: two changes of one leaf, with the references at fault', () => {
    expect(refused({ proposals: [remove(2), remove(2)] })).to.equal('invalid-proposal repeatedLeaf')
    const pending = pendingOn(group, carol, 2, update(carol, 2))
    const message = forgeCommit(pending.next, alice, 0, { proposals: [remove(2), pending.ref] })
    const result = staged(message, pending.next)
    const refs = [Buffer.from(pending.ref).toString('base64url')]
    expect(result).to.deep.equal({ ok: false, refusal: { code: 'invalid-proposal', reason: 'repeatedLeaf', refs } })
  })

  it('invalid-proposal repeatedAdd: one client or one key added twice', () => {
    expect(refused({ proposals: [addOf(dave), addOf(dave)] })).to.equal('invalid-proposal repeatedAdd')
    expect(refused({ proposals: [addOf(dave), addOf(forger('dave'))] })).to.equal('invalid-proposal repeatedAdd')
  })

  it('invalid-proposal repeatedContextExtensions', () => {
    expect(refused({ proposals: [context(0xf0c1), context(0xf0c1)] })).to.equal(
      'invalid-proposal repeatedContextExtensions',
    )
  })

  it('invalid-proposal requiredCapabilities, unrequiredExtension: context extensions that would harm the group', () => {
    expect(refused({ proposals: [context()] })).to.equal('invalid-proposal requiredCapabilities')
    const proposal: Proposal = {
      type: 'groupContextExtensions',
      extensions: [requiring([0xf0c1]), { type: 0xf0c2, data: none }],
    }
    expect(refused({ proposals: [proposal] })).to.equal('invalid-proposal unrequiredExtension')
  })

  it('invalid-proposal reInitAlone', () => {
    expect(refused({ proposals: [reInit, remove(1)] })).to.equal('invalid-proposal reInitAlone')
    const result = accepted(staged(forgeCommit(group, alice, 0, { proposals: [reInit], path: false })))
    expect(result.reInit?.cipherSuite).to.equal(1)
  })

  it('invalid-proposal version: a ReInit to no known version', () => {
    expect(refused({ proposals: [{ ...reInit, version: 0 }] })).to.equal('invalid-proposal version')
  })

  it('invalid-proposal repeatedPreSharedKey, nonce, resumptionUsage', () => {
    const nonce = random(32)
    expect(refused({ proposals: [psk('a', nonce), psk('a', nonce)] })).to.equal('invalid-proposal repeatedPreSharedKey')
    accepted(staged(forgeCommit(group, alice, 0, { proposals: [psk('a'), psk('b')] })))
    expect(refused({ proposals: [psk('a', random(31))] })).to.equal('invalid-proposal nonce')
    const branch: Proposal = {
      type: 'preSharedKey',
      key: { type: 'resumption', usage: 'branch', groupId: random(4), epoch: 1n, nonce, bytes: none },
    }
    expect(refused({ proposals: [branch] })).to.equal('invalid-proposal resumptionUsage')
  })

  it("invalid-proposal senderType: an ExternalInit in a member's commit", () => {
    expect(refused({ proposals: [externalInit] })).to.equal('invalid-proposal senderType')
  })

  it('invalid-proposal removedLeaf: a blank leaf or one far outside the tree, at once', () => {
    const cost = cpuMsOf(() => {
      for (const leafIndex of [7, 8, 1_000_000, 0x7fff_ffff, 0xffff_ffff])
        expect(refused({ proposals: [remove(leafIndex)] })).to.equal('invalid-proposal removedLeaf')
    })
    expect(cost).to.be.lessThan(refusalCpuMsMax)
  })

  it('invalid-proposal unknownReference, repeatedReference', () => {
    expect(refused({ proposals: [random(32)] })).to.equal('invalid-proposal unknownReference')
    const pending = pendingOn(group, bob, 1, addOf(dave))
    expect(refused({ proposals: [pending.ref, pending.ref] }, alice, 0, pending.next)).to.equal(
      'invalid-proposal repeatedReference',
    )
  })
})

describe('an external commit is refused', () => {
  it('invalid-commit externalInit: none, or two', () => {
    expect(refusedExternal({ proposals: [] })).to.equal('invalid-commit externalInit')
    expect(refusedExternal({ proposals: [externalInit, { ...externalInit, kemOutput: random(32) }] })).to.equal(
      'invalid-commit externalInit',
    )
  })

  it('invalid-commit pathMissing', () => {
    expect(refusedExternal({ proposals: [externalInit], path: false })).to.equal('invalid-commit pathMissing')
  })

  it('invalid-commit externalReference: it covers pending proposals', () => {
    const pending = pendingOn(group, bob, 1, addOf(forger('erin')))
    expect(refusedExternal({ proposals: [externalInit, pending.ref] }, dave, pending.next)).to.equal(
      'invalid-commit externalReference',
    )
  })

  it("invalid-commit externalRemove: another client's leaf, or two", () => {
    expect(refusedExternal({ proposals: [externalInit, remove(2)] })).to.equal('invalid-commit externalRemove')
    expect(refusedExternal({ proposals: [externalInit, remove(1), remove(2)] }, bob)).to.equal(
      'invalid-commit externalRemove',
    )
  })

  it('invalid-proposal senderType: an Add, an Update or context extensions', () => {
    for (const proposal of [addOf(forger('erin')), context(0xf0c1), reInit])
      expect(refusedExternal({ proposals: [externalInit, proposal] })).to.equal('invalid-proposal senderType')
  })

  it('invalid-proposal kemOutput', () => {
    expect(refusedExternal({ proposals: [{ ...externalInit, kemOutput: random(31) }] })).to.equal(
      'invalid-proposal kemOutput',
    )
  })

  it('invalid-signature message: not signed by the leaf it brings', () => {
    const message = forgeCommit(group, dave, undefined, { proposals: [externalInit] })
    expect(refusalOf(staged({ ...message, signature: random(64) }))).to.equal('invalid-signature message')
  })
})

describe('a proposal is accepted', () => {
  it('of a member that leaves, of the server, and of a newcomer', () => {
    const leave = accepted(acceptProposal(group, forgeProposal(group, bob, 1, remove(1)), lenient))
    const byServer = forgeProposal(leave.next, server, { type: 'external', senderIndex: 0 }, remove(2))
    const both = accepted(acceptProposal(leave.next, byServer, lenient))
    const join = forgeProposal(both.next, dave, { type: 'newMemberProposal' }, addOf(dave))
    const all = accepted(acceptProposal(both.next, join, lenient))
    expect(all.next.pending.size).to.equal(3)
    const commit = forgeCommit(all.next, alice, 0, { proposals: [leave.ref, both.ref, all.ref] })
    const result = accepted(staged(commit, all.next))
    expect(result.removed.map(({ proposer }) => proposer.type)).to.deep.equal(['member', 'external'])
    expect(result.added[0]).to.deep.include({ leafIndex: 1, proposer: { type: 'newMemberProposal' } })
    expect(result.next.pending.size).to.equal(0)
  })
})

describe('a proposal is refused', () => {
  const proposed = (by: Forger, sender: Parameters<typeof forgeProposal>[2], proposal: Proposal, on = group) =>
    refusalOf(acceptProposal(on, forgeProposal(on, by, sender, proposal), lenient))
  const external = { type: 'external', senderIndex: 0 } as const

  it('invalid-proposal externalSender: one that this group does not list', () => {
    expect(proposed(server, { type: 'external', senderIndex: 1 }, remove(1))).to.equal(
      'invalid-proposal externalSender',
    )
    expect(proposed(server, { type: 'external', senderIndex: 0xffff_ffff }, remove(1))).to.equal(
      'invalid-proposal externalSender',
    )
  })

  it('wrong-group, wrong-epoch: of an external sender of another group, or from the future', () => {
    const make = (change: CommitOptions['change']) => forgeProposal(group, server, external, remove(1), change)
    const other = make((framed) => ({ ...framed, groupId: random(16) }))
    const future = make((framed) => ({ ...framed, epoch: framed.epoch + 1n }))
    expect(refusalOf(acceptProposal(group, other, lenient))).to.equal('wrong-group groupId')
    expect(refusalOf(acceptProposal(group, future, lenient))).to.equal('wrong-epoch epoch')
  })

  it('invalid-signature message: not by the listed external sender, the member or the newcomer', () => {
    expect(proposed(dave, external, remove(1))).to.equal('invalid-signature message')
    expect(proposed(dave, 0, remove(1))).to.equal('invalid-signature message')
    expect(proposed(dave, { type: 'newMemberProposal' }, addOf(forger('erin')))).to.equal('invalid-signature message')
  })

  it('invalid-proposal senderType: what an external sender or a newcomer may not propose', () => {
    expect(proposed(server, external, update(bob, 1))).to.equal('invalid-proposal senderType')
    expect(proposed(server, external, externalInit)).to.equal('invalid-proposal senderType')
    expect(proposed(dave, { type: 'newMemberProposal' }, remove(1))).to.equal('invalid-proposal senderType')
    expect(proposed(dave, { type: 'newMemberCommit' }, externalInit)).to.equal('invalid-proposal senderType')
    expect(proposed(alice, 0, externalInit)).to.equal('invalid-proposal senderType')
  })

  it('invalid-proposal senderLeaf: of no member', () => {
    expect(proposed(alice, 7, addOf(dave))).to.equal('invalid-proposal senderLeaf')
    expect(proposed(alice, 0xffff_ffff, addOf(dave))).to.equal('invalid-proposal senderLeaf')
  })

  it('invalid-proposal updatedLeaf: an Update of no member', () => {
    for (const leafIndex of [7, 0xffff_ffff])
      expect(proposed(bob, leafIndex, update(bob, 1))).to.equal('invalid-proposal updatedLeaf')
  })

  it('invalid-proposal removedLeaf: of nobody', () => {
    expect(proposed(server, external, remove(0xffff_fffe))).to.equal('invalid-proposal removedLeaf')
  })

  it('invalid-leaf source, signature, encryptionKeyReused: an Update that is none', () => {
    const place = { groupId: group.groupId, leafIndex: 1 }
    const bad = (leafNode: ReturnType<typeof forgeLeaf>) => proposed(bob, 1, { type: 'update', leafNode })
    expect(bad(forgeLeaf(bob, { type: 'commit', parentHash: none }, place))).to.equal('invalid-leaf source')
    expect(bad(forgeLeaf(bob, { type: 'update' }, { ...place, leafIndex: 2 }))).to.equal('invalid-leaf signature')
    const kept = members(group)[1]!.leaf.encryptionKey
    expect(bad(forgeLeaf(bob, { type: 'update' }, place, (leaf) => ({ ...leaf, encryptionKey: kept })))).to.equal(
      'invalid-leaf encryptionKeyReused',
    )
  })

  it('what could not be committed together with those pending', () => {
    const add = addOf(dave)
    const first = pendingOn(group, alice, 0, add)
    expect(proposed(bob, 1, add, first.next)).to.equal('invalid-proposal repeatedAdd')
    const contexts = pendingOn(group, alice, 0, context(0xf0c1))
    expect(proposed(bob, 1, context(0xf0c1), contexts.next)).to.equal('invalid-proposal repeatedContextExtensions')
    const removal = pendingOn(group, alice, 0, remove(3))
    expect(proposed(bob, 1, remove(3), removal.next)).to.equal('invalid-proposal repeatedLeaf')
    expect(proposed(bob, 1, reInit, removal.next)).to.equal('invalid-proposal reInitAlone')
    expect(proposed(bob, 1, addOf(forger('client 4')))).to.equal('invalid-leaf duplicateClient')
  })

  it('invalid-proposal alreadyPending: the same message again', () => {
    const message = forgeProposal(group, alice, 0, addOf(dave))
    const { next } = accepted(acceptProposal(group, message, lenient))
    expect(refusalOf(acceptProposal(next, message, lenient))).to.equal('invalid-proposal alreadyPending')
  })

  it('unsupported-message contentType: a commit where a proposal belongs', () => {
    expect(refusalOf(acceptProposal(group, forgeCommit(group, alice, 0), lenient))).to.equal(
      'unsupported-message contentType',
    )
  })
})

describe('other cipher suites', () => {
  for (const id of [2, 3, 7])
    it(`suite ${id}: a group grows, updates and shrinks; a forged signature is refused`, async () => {
      const { cipherSuite } = await import('#src/mls/crypto/cipherSuite.js')
      const suite = cipherSuite(id)
      const made = forgedGroup(4, { committers: [1, 2], make: (index) => forger(`client ${index}`, { suite }) })
      const message = forgeCommit(made.group, made.forgers[3]!, 3, { proposals: [remove(0)] })
      expect(members(accepted(staged(message, made.group)).next).length).to.equal(3)
      expect(refusalOf(staged({ ...message, signature: random(64) }, made.group))).to.equal('invalid-signature message')
      expect(
        refusalOf(
          staged(
            forgeCommit(made.group, made.forgers[3]!, 3, {
              changeLeaf: (leaf) => ({
                ...leaf,
                encryptionKey: id === 3 ? random(31) : new Uint8Array(hpkeKey(suite)).fill(7, 5),
              }),
            }),
            made.group,
          ),
        ),
      ).to.equal('invalid-leaf encryptionKey')
    })
})
