/** External Commits: a client that resyncs, another client of a member, and nobody else. */
import { expect } from 'chai'
import { requireRemoval } from '#src/commands/group/removals.js'
import { makeId } from '#src/mls/wire/ids.js'
import { codeOf, commit, leave, post, send, trio, typesOf } from './groupScene.js'
import { domain, externalCommitOf, makeClient, messageOf, random, remove } from './mlsFixture.js'

describe('an external Commit', () => {
  it('resyncs a client: its old leaf goes, its role and standing stay', async () => {
    const { scene, alice, bob } = await trio()
    const before = scene.active().users.get(alice.user)
    const made = await externalCommitOf(scene.world, alice, scene.of(bob), { resync: true })
    const outcome = post(scene, alice, made)
    if ('code' in outcome) throw new Error(JSON.stringify(outcome))
    const [event] = outcome
    if (event?.type !== 'CommitAccepted') throw new Error('not accepted')
    expect(event.data.external).to.equal(true)
    expect(event.data.resyncOf).to.equal(0)
    expect(event.data.removed.map(({ client }) => client)).to.deep.equal([alice.client])
    expect(event.data.added.map(({ client }) => client)).to.deep.equal([alice.client])
    expect(event.data.added[0]).not.to.have.property('keyPackageRef')
    expect(scene.active().users.get(alice.user)).to.deep.equal(before)
    expect(send(scene, alice, (await messageOf(made.state, 'back')).message)).to.equal('accepted')
  })

  it('lets another client of a member in', async () => {
    const { scene, bob } = await trio()
    const tablet = await makeClient(scene.world, bob.user)
    const made = await externalCommitOf(scene.world, tablet, scene.of(bob), { resync: false })
    expect(typesOf(post(scene, tablet, made))).to.deep.equal(['CommitAccepted'])
    expect(scene.active().users.get(bob.user)?.leaves).to.equal(2)
  })

  it('lets nobody else in: strangers meet no group, former members 403', async () => {
    const { scene, alice, bob, carol } = await trio()
    const stranger = await makeClient(scene.world)
    const made = await externalCommitOf(scene.world, stranger, scene.of(bob), { resync: false })
    expect(codeOf(post(scene, stranger, made))).to.equal('no-such-group')
    await commit(scene, alice, [remove(scene.leafOf(carol))], [bob])
    const back = await externalCommitOf(scene.world, carol, scene.of(bob), { resync: false })
    expect(codeOf(post(scene, carol, back))).to.equal('not-a-member')
  })

  it('is the token’s own', async () => {
    const { scene, alice, bob } = await trio()
    const tablet = await makeClient(scene.world, bob.user)
    const made = await externalCommitOf(scene.world, tablet, scene.of(bob), { resync: false })
    expect(codeOf(post(scene, alice, made))).to.equal('invalid-commit')
    const phone = await makeClient(scene.world, bob.user)
    expect(codeOf(post(scene, phone, made))).to.equal('identity-mismatch')
  })

  it('of a client with a leaf must remove that leaf', async () => {
    const { scene, alice, bob } = await trio()
    const made = await externalCommitOf(scene.world, bob, scene.of(alice), { resync: false }).catch(() => undefined)
    if (made === undefined) return
    expect(codeOf(post(scene, bob, made))).to.be.oneOf(['invalid-commit', 'invalid-leaf'])
  })

  it('of an epoch that is over hears the winner', async () => {
    const { scene, alice, bob, carol } = await trio()
    const made = await externalCommitOf(scene.world, alice, scene.of(bob), { resync: true })
    await commit(scene, bob, [], [alice, carol])
    expect(codeOf(post(scene, alice, made))).to.equal('wrong-epoch')
  })

  it('leaves required removals of others as they are', async () => {
    const { scene, alice, bob, carol } = await trio()
    await leave(scene, carol, [alice])
    const made = await externalCommitOf(scene.world, alice, scene.of(bob), { resync: true })
    expect(codeOf(post(scene, alice, made))).to.equal('accepted')
    expect([...scene.active().required.keys()]).to.deep.equal([2])
  })

  it('mends a leaf whose queue is gone, with a queue that is there', async () => {
    const { scene, alice, bob } = await trio()
    scene.world.goneQueues.add(bob.queue)
    scene.when(requireRemoval({ reason: 'queueGone', gone: [bob.client] }))
    expect(send(scene, bob, (await messageOf(scene.of(bob), 'hm')).message)).to.equal('not-a-member')
    const same = await externalCommitOf(scene.world, bob, scene.of(alice), { resync: true })
    expect(codeOf(post(scene, bob, same))).to.equal('invalid-leaf')
    const queue = makeId('queue', domain, random(16))
    const made = await externalCommitOf(scene.world, bob, scene.of(alice), { resync: true, queue })
    expect(codeOf(post(scene, bob, made))).to.equal('accepted')
    expect(scene.active().required.size).to.equal(0)
  })

  it('does not undo a removal for good, or a leave', async () => {
    const { scene, alice, bob, carol } = await trio()
    scene.when(requireRemoval({ reason: 'clientRemoved', gone: [bob.client] }))
    const removed = await externalCommitOf(scene.world, bob, scene.of(alice), { resync: true })
    expect(codeOf(post(scene, bob, removed))).to.equal('not-a-member')
    await leave(scene, carol)
    const left = await externalCommitOf(scene.world, carol, scene.of(alice), { resync: true })
    expect(codeOf(post(scene, carol, left))).to.equal('not-a-member')
    const tablet = await makeClient(scene.world, carol.user)
    const other = await externalCommitOf(scene.world, tablet, scene.of(alice), { resync: false })
    expect(codeOf(post(scene, tablet, other))).to.equal('not-a-member')
  })
})
