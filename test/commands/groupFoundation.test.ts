/** What a first GroupInfo must hold, in which order it is looked at, and what its replay does not ask again. */
import { expect } from 'chai'
import type { LeafNodeSource } from '#src/mls/wire/leafNode.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { GroupInfo } from '#src/mls/wire/groupInfo.js'
import { groupOf } from '#src/mls/group/publicGroup.js'
import { treeOf } from '#src/mls/tree/ratchetTree.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { externalPub, forgeCommit, forgeGroup, forgeGroupInfo, forgeLeaf, forger, random } from '../mls/forge.js'
import type { Forger } from '../mls/forge.js'
import { addOf, bundleOf, person, required } from './forgedPeople.js'
import type { Person } from './forgedPeople.js'
import { createWith, emptyTestGroup, post, reserve } from './testGroup.js'
import type { Outcome, TestGroup } from './testGroup.js'
import { makeWorld, now } from './mlsFixture.js'
import type { World } from './mlsFixture.js'

const daysS = 24n * 3600n
const nowS = BigInt(Math.floor(now / 1000))
const lifetime = (from: bigint, to: bigint): LeafNodeSource => ({
  type: 'keyPackage',
  notBefore: nowS + from,
  notAfter: nowS + to,
})
const today = lifetime(-3600n, 30n * daysS)

describe('a first GroupInfo', () => {
  let world: World
  let alice: Person
  let testGroup: TestGroup
  before(async () => {
    world = await makeWorld()
  })
  beforeEach(async () => {
    const made = await person(world)
    alice = { ...made, forger: { ...made.forger, lifetime: today } }
    testGroup = emptyTestGroup(world)
    reserve(testGroup, alice)
  })
  const groupBy = (from: Forger) => forgeGroup(from, [required], groupIdBytes(testGroup.group))
  const founded = (from: Forger, change?: (info: GroupInfo) => GroupInfo): Outcome =>
    createWith(testGroup, alice, forgeGroupInfo(groupBy(from), from, 0, change))

  it('is taken of a leaf that could be published, and a key that others can join by', () => {
    expect(founded(alice.forger)).not.to.have.property('code')
  })

  it('is held against the time as a KeyPackage is', () => {
    const none = 'invalid-leaf'
    for (const [source, reason] of [
      [lifetime(-30n * daysS, -1n), 'lifetime'],
      [lifetime(3600n, 30n * daysS), 'lifetime'],
      [lifetime(-3600n, 91n * daysS), 'lifetimeTooLong'],
      [{ type: 'commit', parentHash: new Uint8Array() }, 'source'],
      [{ type: 'update' }, 'source'],
    ] as const)
      expect(founded({ ...alice.forger, lifetime: source })).to.deep.equal({ code: none, reason })
  })

  it('is refused when nobody can join by it', () => {
    const tree = (info: GroupInfo) => info.extensions.filter(({ type }) => type === 2)
    const mismatch = { code: 'group-info-mismatch', reason: 'externalPub' }
    const { suite } = alice.forger
    for (const more of [
      [],
      [externalPub(suite, new Uint8Array(32))],
      [externalPub(suite, random(31))],
      [{ type: 4, data: random(32) }],
    ])
      expect(founded(alice.forger, (info) => ({ ...info, extensions: [...tree(info), ...more] }))).to.deep.equal(
        mismatch,
      )
  })

  it('of others, too, is refused before any of their signatures is looked at', () => {
    const own = groupBy(alice.forger).tree.nodes[0]
    const stranger = forger('stranger')
    const unsigned = { ...forgeLeaf(stranger, today, undefined), signature: random(64) }
    const many = Array.from({ length: 99 }, (_, at) => (at === 0 ? own : at % 2 === 0 ? unsigned : undefined))
    const wide = [own, ...new Array<undefined>(5), unsigned]
    for (const nodes of [many, wide, [own, undefined, unsigned]]) {
      const group = groupOf({ ...groupBy(alice.forger), tree: treeOf(alice.forger.suite, nodes) })
      const bytes = forgeGroupInfo(group, alice.forger, 0)
      bytes[bytes.length - 1]! ^= 1
      expect(createWith(testGroup, alice, bytes)).to.deep.equal({ code: 'group-info-mismatch', reason: 'members' })
    }
  })

  it('that was accepted is not judged again: what was a group stays one', () => {
    const old = { ...alice.forger, lifetime: lifetime(-200n * daysS, -100n * daysS) }
    const bytes = forgeGroupInfo(groupBy(old), old, 0, (info) => ({
      ...info,
      extensions: info.extensions.filter(({ type }) => type === 2),
    }))
    const [event] = founded(alice.forger) as readonly { readonly type: string; readonly data: object }[]
    const groupInfo = Buffer.from(bytes).toString('base64url')
    const past = { ...event, data: { ...event?.data, groupInfo } } as never
    const state = groupAggregate.evolve(groupAggregate.initial, past, { revision: 1, at: now })
    expect(state).to.have.property('status', 'active')
  })

  it('with a Commit is one that others can join by, too', () => {
    founded(alice.forger)
    const made = bundleOf(testGroup.active().mls, alice, 0)
    if (made === undefined) throw new Error('no Commit')
    for (const extensions of [[], [externalPub(alice.forger.suite, new Uint8Array(32))]]) {
      const groupInfo = forgeGroupInfo(made.next, alice.forger, 0, (info) => ({ ...info, extensions }))
      const refused = { code: 'group-info-mismatch', reason: 'externalPub' }
      expect(post(testGroup, alice, { ...made, groupInfo })).to.deep.equal(refused)
    }
    expect(post(testGroup, alice, made)).not.to.have.property('code')
  })

  it('is followed by Commits whose newcomers are counted and compared before they are verified', async () => {
    founded(alice.forger)
    const bob = await person(world)
    const unsigned = () => {
      const add = addOf(bob)
      if (add.type !== 'add') throw new Error('no Add')
      const { keyPackage } = add
      return { ...add, keyPackage: { ...keyPackage, signature: random(64) } }
    }
    const made = bundleOf(testGroup.active().mls, alice, 0, [])
    const publicMessage = forgeCommit(testGroup.active().mls, alice.forger, 0, {
      proposals: Array.from({ length: 20 }, unsigned),
    })
    const commit = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
    expect(post(testGroup, alice, { ...made!, commit })).to.deep.equal({
      code: 'invalid-proposal',
      reason: 'repeatedAdd',
      refs: [],
    })
    expect(post(testGroup, alice, { ...made!, commit }, 15)).to.deep.equal({
      code: 'limit-reached',
      limit: 'groupMembersMax',
      max: 15,
    })
  })
})
