/** External Commits: a client that resyncs, another client of a member, and nobody else. */
import { expect } from 'chai'
import { requireRemoval } from '#src/commands/group/removals.js'
import { makeId } from '#src/mls/wire/ids.js'
import { codeOf, commit, leave, post, send, trio, typesOf } from './testGroup.js'
import { domain, externalCommitOf, makeClient, messageOf, random, remove } from './mlsFixture.js'

describe('an external Commit', () => {
  it('resyncs a client: its old leaf goes, its role and standing stay', async () => {
    const { testGroup, alice, bob } = await trio()
    const before = testGroup.active().users.get(alice.user)
    const made = await externalCommitOf(testGroup.world, alice, testGroup.of(bob), { resync: true })
    const outcome = post(testGroup, alice, made)
    if ('code' in outcome) throw new Error(JSON.stringify(outcome))
    const [event] = outcome
    if (event?.type !== 'CommitAccepted') throw new Error('not accepted')
    expect(event.data.external).to.equal(true)
    expect(event.data.resyncOf).to.equal(0)
    expect(event.data.removed.map(({ client }) => client)).to.deep.equal([alice.client])
    expect(event.data.added.map(({ client }) => client)).to.deep.equal([alice.client])
    expect(event.data.added[0]).not.to.have.property('keyPackageRef')
    expect(testGroup.active().users.get(alice.user)).to.deep.equal(before)
    expect(send(testGroup, alice, (await messageOf(made.state, 'back')).message)).to.equal('accepted')
  })

  it('lets another client of a member in', async () => {
    const { testGroup, bob } = await trio()
    const tablet = await makeClient(testGroup.world, bob.user)
    const made = await externalCommitOf(testGroup.world, tablet, testGroup.of(bob), { resync: false })
    expect(typesOf(post(testGroup, tablet, made))).to.deep.equal(['CommitAccepted'])
    expect(testGroup.active().users.get(bob.user)?.leaves).to.equal(2)
  })

  it('lets nobody else in: strangers meet no group, former members 403', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const stranger = await makeClient(testGroup.world)
    const made = await externalCommitOf(testGroup.world, stranger, testGroup.of(bob), { resync: false })
    expect(codeOf(post(testGroup, stranger, made))).to.equal('no-such-group')
    await commit(testGroup, alice, [remove(testGroup.leafOf(carol))], [bob])
    const back = await externalCommitOf(testGroup.world, carol, testGroup.of(bob), { resync: false })
    expect(codeOf(post(testGroup, carol, back))).to.equal('not-a-member')
  })

  it('is the token’s own', async () => {
    const { testGroup, alice, bob } = await trio()
    const tablet = await makeClient(testGroup.world, bob.user)
    const made = await externalCommitOf(testGroup.world, tablet, testGroup.of(bob), { resync: false })
    expect(codeOf(post(testGroup, alice, made))).to.equal('invalid-commit')
    const phone = await makeClient(testGroup.world, bob.user)
    expect(codeOf(post(testGroup, phone, made))).to.equal('identity-mismatch')
  })

  it('of a client with a leaf must remove that leaf', async () => {
    const { testGroup, alice, bob } = await trio()
    const made = await externalCommitOf(testGroup.world, bob, testGroup.of(alice), { resync: false }).catch(
      () => undefined,
    )
    if (made === undefined) return
    expect(codeOf(post(testGroup, bob, made))).to.be.oneOf(['invalid-commit', 'invalid-leaf'])
  })

  it('of an epoch that is over hears the winner', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const made = await externalCommitOf(testGroup.world, alice, testGroup.of(bob), { resync: true })
    await commit(testGroup, bob, [], [alice, carol])
    expect(codeOf(post(testGroup, alice, made))).to.equal('wrong-epoch')
  })

  it('leaves required removals of others as they are', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    await leave(testGroup, carol, [alice])
    const made = await externalCommitOf(testGroup.world, alice, testGroup.of(bob), { resync: true })
    expect(codeOf(post(testGroup, alice, made))).to.equal('accepted')
    expect([...testGroup.active().required.keys()]).to.deep.equal([2])
  })

  it('mends a leaf whose queue is gone, with a queue that is there', async () => {
    const { testGroup, alice, bob } = await trio()
    testGroup.world.goneQueues.add(bob.queue)
    testGroup.when(requireRemoval({ reason: 'queueGone', gone: [bob.client] }))
    expect(send(testGroup, bob, (await messageOf(testGroup.of(bob), 'hm')).message)).to.equal('not-a-member')
    const same = await externalCommitOf(testGroup.world, bob, testGroup.of(alice), { resync: true })
    expect(codeOf(post(testGroup, bob, same))).to.equal('invalid-leaf')
    const queue = makeId('queue', domain, random(16))
    const made = await externalCommitOf(testGroup.world, bob, testGroup.of(alice), { resync: true, queue })
    expect(codeOf(post(testGroup, bob, made))).to.equal('accepted')
    expect(testGroup.active().required.size).to.equal(0)
  })

  it('does not undo a removal for good, or a leave', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    testGroup.when(requireRemoval({ reason: 'clientRemoved', gone: [bob.client] }))
    const removed = await externalCommitOf(testGroup.world, bob, testGroup.of(alice), { resync: true })
    expect(codeOf(post(testGroup, bob, removed))).to.equal('not-a-member')
    await leave(testGroup, carol)
    const left = await externalCommitOf(testGroup.world, carol, testGroup.of(alice), { resync: true })
    expect(codeOf(post(testGroup, carol, left))).to.equal('not-a-member')
    const tablet = await makeClient(testGroup.world, carol.user)
    const other = await externalCommitOf(testGroup.world, tablet, testGroup.of(alice), { resync: false })
    expect(codeOf(post(testGroup, tablet, other))).to.equal('not-a-member')
  })
})
