/** A ratchet tree that somebody sends along, and what the SDK finds wrong with it before it joins. */
import { expect } from 'chai'
import { createGroup } from '#src/client/member/createOwnGroup.js'
import { type GroupState, unwrap } from '#src/client/member/groupState.js'
import { adopt, stageCommit } from '#src/client/member/stageOwnCommit.js'
import {
  encodeRequiredCapabilities,
  type GroupContext,
  type RatchetTree,
  treeHashRoot,
} from '#src/client/member/tsMls.js'
import { faultInTree } from '#src/client/member/faultInTree.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import { randomBytes } from '#src/client/crypto/random.js'
import { makePeople, type People } from '../support/people.js'

/** So many are in when the first member renews its path; one more comes after. */
const merged = 5
type Node = NonNullable<RatchetTree[number]>

describe('The SDK, given a ratchet tree', () => {
  let people: People
  let state: GroupState
  before(async () => {
    people = await makePeople()
    const creator = await people.person()
    state = await createGroup({
      groupId: groupIdBytes(makeId('group', people.domain, randomBytes(16))),
      identity: creator.identity,
      keyPackage: await creator.keyPackage(),
      check: people.check,
    })
    const add = async (): Promise<void> => {
      const keyPackage = await (await people.person()).keyPackage()
      state = adopt(state, (await stageCommit({ state, add: [keyPackage.message] })).next)
    }
    for (let members = 1; members < merged; members++) await add()
    state = adopt(state, (await stageCommit({ state })).next)
    await add()
  })

  /** The group's tree with one node changed, its tree hash made to fit. */
  const changed = async (at: number, change: (node: Node) => Node | undefined) => {
    const { client, suite } = unwrap(state)
    const tree = client.ratchetTree.map((node, index) => (index === at ? change(node!) : node))
    const context: GroupContext = { ...client.groupContext, treeHash: await treeHashRoot(tree, suite.hash) }
    return faultInTree(tree, context, people.check)
  }
  const leafWith = (changes: (leaf: Extract<Node, { nodeType: 'leaf' }>['leaf']) => object) => (node: Node) => {
    if (node.nodeType !== 'leaf') throw new Error('not a leaf')
    return { ...node, leaf: { ...node.leaf, ...changes(node.leaf) } } as Node
  }
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte))

  it('finds nothing wrong with the tree of a group', async () => {
    const { client } = unwrap(state)
    expect(await faultInTree(client.ratchetTree, client.groupContext, people.check)).to.equal(undefined)
  })

  it('finds another tree than the GroupContext names', async () => {
    const { client } = unwrap(state)
    const context = { ...client.groupContext, treeHash: flipped(client.groupContext.treeHash) }
    expect(await faultInTree(client.ratchetTree, context, people.check)).to.equal('treeHash')
  })

  it('finds a leaf, made by a KeyPackage or by a Commit, that its client did not sign', async () => {
    const signature = leafWith((leaf) => ({ signature: flipped(leaf.signature) }))
    for (const leaf of [0, merged]) expect(await changed(2 * leaf, signature), `leaf ${leaf}`).to.equal('signature')
  })

  it('finds a leaf of another group', async () => {
    const { client } = unwrap(state)
    const context = { ...client.groupContext, groupId: flipped(client.groupContext.groupId) }
    expect(await faultInTree(client.ratchetTree, context, people.check)).to.equal('signature')
  })

  it('finds a member that lacks what the group requires', async () => {
    const { client } = unwrap(state)
    const extensionData = encodeRequiredCapabilities({
      extensionTypes: [0xf0c2],
      proposalTypes: [],
      credentialTypes: [],
    })
    const extensions = [{ extensionType: 'required_capabilities', extensionData } as const]
    const context = { ...client.groupContext, extensions }
    expect(await faultInTree(client.ratchetTree, context, people.check)).to.equal('capabilities')
  })

  it('finds parents that do not hang together', async () => {
    const parentHash = (node: Node): Node =>
      node.nodeType === 'parent'
        ? { ...node, parent: { ...node.parent, hpkePublicKey: randomBytes(node.parent.hpkePublicKey.length) } }
        : node
    const at = unwrap(state).client.ratchetTree.findIndex((node) => node?.nodeType === 'parent')
    expect(await changed(at, parentHash)).to.equal('parentHash')
  })

  it('finds unmerged leaves that are none', async () => {
    const root = (unwrap(state).client.ratchetTree.length - 1) / 2
    const unmerged = (node: Node): Node =>
      node.nodeType === 'parent' ? { ...node, parent: { ...node.parent, unmergedLeaves: [7] } } : node
    expect(await changed(root, unmerged)).to.equal('unmergedLeaves')
  })

  it('finds a credential that nobody vouches for, and whose', async () => {
    const { client } = unwrap(state)
    const third = client.ratchetTree[4]
    if (third?.nodeType !== 'leaf') throw new Error('not a leaf')
    const stranger = third.leaf.signaturePublicKey
    const check: People['check'] = async (certificates, key) =>
      key !== stranger && (await people.check(certificates, key))
    expect(await faultInTree(client.ratchetTree, client.groupContext, check)).to.equal('credential of leaf 2')
  })
})
