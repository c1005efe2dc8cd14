/** Reserving an id and creating a group of one in it. */
import { expect } from 'chai'
import { encodeRequiredCapabilities } from 'ts-mls'
import { limitDefaults } from '#src/limits/limits.js'
import { codeOf, create, createWith, emptyTestGroup, reserve, settings, typesOf, until } from './testGroup.js'
import type { TestGroup } from './testGroup.js'
import {
  add,
  commitOf,
  freshGroupId,
  groupInfoOf,
  keyPackageOf,
  makeClient,
  makeWorld,
  newGroup,
  now,
  queueReferenceType,
  treeOf,
} from './mlsFixture.js'
import type { TestClient, World } from './mlsFixture.js'

describe('reserving a group id', () => {
  let world: World
  before(async () => {
    world = await makeWorld()
  })

  it('records who may create the group, and until when', async () => {
    const alice = await makeClient(world)
    const testGroup = emptyTestGroup(world)
    expect(reserve(testGroup, alice)).to.deep.equal([
      { type: 'GroupIdReserved', data: { group: testGroup.group, user: alice.user, client: alice.client, until } },
    ])
  })

  it('stops at the limit of open ones', async () => {
    const alice = await makeClient(world)
    const max = limitDefaults.groupIdsReservedPerClientMax
    expect(codeOf(reserve(emptyTestGroup(world), alice, max - 1))).to.equal('accepted')
    expect(reserve(emptyTestGroup(world), alice, max)).to.deep.equal({
      code: 'limit-reached',
      limit: 'groupIdsReservedPerClientMax',
      max,
    })
  })

  it('never takes an id twice', async () => {
    const testGroup = emptyTestGroup(world)
    reserve(testGroup, await makeClient(world))
    expect(codeOf(reserve(testGroup, await makeClient(world)))).to.equal('already-exists')
  })
})

describe('creating a group', () => {
  let world: World
  let alice: TestClient
  let testGroup: TestGroup
  before(async () => {
    world = await makeWorld()
  })
  beforeEach(async () => {
    alice = await makeClient(world)
    testGroup = emptyTestGroup(world)
    reserve(testGroup, alice)
  })
  const infoFor = async (by: TestClient, group = testGroup.group): Promise<Uint8Array> =>
    groupInfoOf(await newGroup(world, by, group))

  it('makes its creator the admin of a group of one', async () => {
    const [event] = (await create(testGroup, alice)) as readonly { type: string; data: Record<string, unknown> }[]
    expect(event?.type).to.equal('GroupCreated')
    expect(event?.data['creator']).to.deep.include({ leafIndex: 0, user: alice.user, client: alice.client })
    expect(event?.data['settings']).to.deep.equal(settings)
    expect(testGroup.active().users.get(alice.user)).to.deep.equal({ role: 'admin', since: 1, leaves: 1 })
    expect(testGroup.active().mls.epoch).to.equal(0n)
  })

  it('needs the reservation of this very client, and in time', async () => {
    const other = await makeClient(world, alice.user)
    expect(codeOf(createWith(testGroup, other, await infoFor(other)))).to.equal('no-such-group')
    const bytes = await infoFor(alice)
    expect(codeOf(createWith(testGroup, alice, bytes, { at: until }))).to.equal('no-such-group')
    expect(codeOf(createWith(emptyTestGroup(world, testGroup.group), alice, bytes))).to.equal('no-such-group')
    expect(codeOf(createWith(testGroup, alice, bytes, { at: until - 1 }))).to.equal('accepted')
  })

  it('happens once', async () => {
    await create(testGroup, alice)
    expect(codeOf(createWith(testGroup, alice, await infoFor(alice)))).to.equal('already-exists')
    const stranger = await makeClient(world)
    expect(codeOf(createWith(testGroup, stranger, await infoFor(stranger)))).to.equal('no-such-group')
  })

  it('needs the leaf of the token', async () => {
    expect(codeOf(createWith(testGroup, alice, await infoFor(await makeClient(world))))).to.equal('identity-mismatch')
  })

  it('needs the group id that was reserved', async () => {
    const bytes = await infoFor(alice, freshGroupId())
    expect(createWith(testGroup, alice, bytes)).to.deep.equal({ code: 'group-info-mismatch', reason: 'groupId' })
  })

  it('begins at epoch 0 with one leaf', async () => {
    const state = await newGroup(world, alice, testGroup.group)
    const later = (await commitOf(state)).state
    expect(createWith(testGroup, alice, await groupInfoOf(later))).to.deep.equal({
      code: 'group-info-mismatch',
      reason: 'epoch',
    })
    const two = (await commitOf(state, [add(await keyPackageOf(world, await makeClient(world)))])).state
    expect(codeOf(createWith(testGroup, alice, await groupInfoOf(two)))).to.equal('group-info-mismatch')
  })

  it('needs the signature of its member', async () => {
    const bytes = await infoFor(alice)
    const last = bytes.length - 1
    bytes[last] = (bytes[last] ?? 0) ^ 1
    expect(codeOf(createWith(testGroup, alice, bytes))).to.equal('group-info-mismatch')
  })

  it('needs a tree, inside or beside', async () => {
    const state = await newGroup(world, alice, testGroup.group)
    const bare = await groupInfoOf(state, { tree: false })
    expect(codeOf(createWith(testGroup, alice, bare))).to.equal('group-info-mismatch')
    expect(codeOf(createWith(testGroup, alice, bare, { ratchetTree: treeOf(state) }))).to.equal('accepted')
    expect(testGroup.active().mls.epoch).to.equal(0n)
  })

  it('requires of every member the queue reference and the x509 credential', async () => {
    const requiring = async (extensionTypes: number[], credentialTypes: ('x509' | 'basic')[]): Promise<string> => {
      const extensionData = encodeRequiredCapabilities({ extensionTypes, proposalTypes: [], credentialTypes })
      const state = await newGroup(world, alice, testGroup.group, [
        { extensionType: 'required_capabilities', extensionData },
      ])
      return codeOf(createWith(testGroup, alice, await groupInfoOf(state)))
    }
    expect(await requiring([], ['x509'])).to.equal('group-info-mismatch')
    expect(await requiring([queueReferenceType], [])).to.equal('group-info-mismatch')
    expect(await requiring([queueReferenceType], ['x509'])).to.equal('accepted')
  })

  it('needs a queue that is there', async () => {
    world.goneQueues.add(alice.queue)
    expect(codeOf(createWith(testGroup, alice, await infoFor(alice)))).to.equal('invalid-leaf')
  })

  it('stops at the number of groups that a client may be in', async () => {
    const max = limitDefaults.groupsPerClientMax
    const bytes = await infoFor(alice)
    expect(codeOf(createWith(testGroup, alice, bytes, { groupsOfClient: max }))).to.equal('limit-reached')
    expect(codeOf(createWith(testGroup, alice, bytes, { groupsOfClient: max - 1 }))).to.equal('accepted')
  })

  it('refuses a GroupInfo that is not one', () => {
    expect(codeOf(createWith(testGroup, alice, new Uint8Array([0, 1, 0, 4, 0])))).to.equal('malformed')
    expect(typesOf(createWith(testGroup, alice, new Uint8Array()))).to.deep.equal(['refused: malformed'])
    expect(now).to.be.lessThan(until)
  })
})
