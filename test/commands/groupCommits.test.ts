/** The one Commit of an epoch: who may make it, what must be in it, who loses. */
import { expect } from 'chai'
import { acceptGroupCommit } from '#src/commands/group/commits.js'
import { decodeCommitBundleParts } from '#src/mls/wire/mlsMessage.js'
import { limitDefaults } from '#src/limits/limits.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { addAll, codeOf, commit, leave, post, propose, send, trio, typesOf } from './groupScene.js'
import { add, blobOf, commitOf, keyPackageOf, makeClient, messageOf, remove } from './mlsFixture.js'

describe('a Commit', () => {
  it('adds members, by an admin, and says who sits where', async () => {
    const { scene, alice, bob } = await trio()
    const accepted = scene.past().at(-1)
    expect(accepted?.type).to.equal('CommitAccepted')
    if (accepted?.type !== 'CommitAccepted') return
    expect(accepted.data.epoch).to.equal('1')
    expect(accepted.data.committer).to.deep.equal({ leafIndex: 0, user: alice.user, client: alice.client })
    expect(accepted.data.added.map(({ client, leafIndex }) => [client, leafIndex])[0]).to.deep.equal([bob.client, 1])
    expect(accepted.data.welcome).not.to.equal(undefined)
    expect(scene.active().users.get(bob.user)?.role).to.equal('member')
  })

  it('by a plain member may not add', async () => {
    const { scene, bob } = await trio()
    const dave = await makeClient(scene.world)
    const made = await commitOf(scene.of(bob), [add(await keyPackageOf(scene.world, dave))])
    expect(post(scene, bob, made)).to.deep.equal({ code: 'not-allowed', capability: 'add' })
  })

  it('by a plain member may not remove another user', async () => {
    const { scene, bob, carol } = await trio()
    const made = await commitOf(scene.of(bob), [remove(scene.leafOf(carol))])
    expect(post(scene, bob, made)).to.deep.equal({ code: 'not-allowed', capability: 'remove' })
  })

  it('by a plain member may carry what an admin proposed', async () => {
    const { scene, alice, bob, carol } = await trio()
    const dave = await makeClient(scene.world)
    const own = await keyPackageOf(scene.world, dave)
    expect(typesOf(await propose(scene, alice, add(own), [bob, carol]))).to.deep.equal(['ProposalAccepted'])
    await commit(scene, bob, [], [alice, carol])
    expect(scene.active().clients.has(dave.client)).to.equal(true)
  })

  it('empty, by anyone, updates keys', async () => {
    const { scene, alice, bob, carol } = await trio()
    const [event] = await commit(scene, bob, [], [alice, carol])
    if (event?.type !== 'CommitAccepted') throw new Error('not accepted')
    expect(event.data.updated.map(({ client }) => client)).to.deep.equal([bob.client])
  })

  it('needs the token of the client that signed it', async () => {
    const { scene, alice, bob } = await trio()
    const made = await commitOf(scene.of(bob))
    expect(codeOf(post(scene, alice, made))).to.equal('identity-mismatch')
  })

  it('of a stranger meets no group', async () => {
    const { scene, bob } = await trio()
    const made = await commitOf(scene.of(bob))
    expect(codeOf(post(scene, await makeClient(scene.world), made))).to.equal('no-such-group')
  })

  it('comes once per epoch: the loser hears the epoch and the winner', async () => {
    const { scene, bob, carol } = await trio()
    const winner = await commitOf(scene.of(bob))
    const loser = await commitOf(scene.of(carol))
    expect(typesOf(post(scene, bob, winner))).to.deep.equal(['CommitAccepted'])
    expect(post(scene, carol, loser)).to.deep.equal({
      code: 'wrong-epoch',
      currentEpoch: '2',
      winningCommit: toBase64url(winner.commit),
    })
  })

  it('of an epoch to come is refused', async () => {
    const { scene, bob } = await trio()
    const made = await commitOf((await commitOf(scene.of(bob))).state)
    expect(post(scene, bob, made)).to.deep.equal({ code: 'wrong-epoch', currentEpoch: '1' })
  })

  it('forged is refused', async () => {
    const { scene, bob } = await trio()
    const made = await commitOf(scene.of(bob))
    // The signature stands before the confirmation tag (33 bytes with its length) and the membership tag (33 more).
    const forged = new Uint8Array(made.commit)
    const at = forged.length - 70
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(codeOf(post(scene, bob, { ...made, commit: forged }))).to.equal('invalid-commit')
  })

  it('that adds needs its Welcome, and one that does not may have none', async () => {
    const { scene, alice, bob } = await trio()
    const dave = await makeClient(scene.world)
    const made = await commitOf(scene.of(alice), [add(await keyPackageOf(scene.world, dave))])
    expect(codeOf(post(scene, alice, { ...made, welcome: undefined }))).to.equal('welcome-mismatch')
    const empty = await commitOf(scene.of(bob))
    expect(codeOf(post(scene, bob, { ...empty, welcome: made.welcome }))).to.equal('welcome-mismatch')
  })

  it('must come with the GroupInfo of the state it leads to', async () => {
    const { scene, alice, bob } = await trio()
    const made = await commitOf(scene.of(alice))
    const other = await commitOf(scene.of(bob))
    expect(codeOf(post(scene, alice, { ...made, groupInfo: other.groupInfo }))).to.equal('group-info-mismatch')
  })

  it('cannot grow the group beyond its limit', async () => {
    const { scene, alice } = await trio()
    const dave = await makeClient(scene.world)
    const made = await commitOf(scene.of(alice), [add(await keyPackageOf(scene.world, dave))])
    expect(post(scene, alice, made, 3)).to.deep.equal({ code: 'limit-reached', limit: 'groupMembersMax', max: 3 })
    expect(codeOf(post(scene, alice, made, 4))).to.equal('accepted')
  })

  it('may not change the context of the group', async () => {
    const { scene, alice } = await trio()
    const extensions = scene.of(alice).groupContext.extensions
    const made = await commitOf(scene.of(alice), [
      { proposalType: 'group_context_extensions', groupContextExtensions: { extensions } },
    ])
    expect(post(scene, alice, made)).to.deep.equal({ code: 'not-allowed', capability: 'groupContextExtensions' })
  })

  it('must carry a pending self-removal, and any member may', async () => {
    const { scene, alice, bob, carol } = await trio()
    const leaf = scene.leafOf(carol)
    const before = { alice: scene.of(alice), bob: scene.of(bob) }
    const left = await leave(scene, carol, [alice, bob])
    expect(typesOf(left)).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
    const [proposal] = left as readonly { data: { ref: string } }[]
    const without = await commitOf(before.bob)
    expect(post(scene, bob, without)).to.deep.equal({
      code: 'commit-missing-proposals',
      refs: [proposal?.data.ref],
      leaves: [leaf],
    })
    const events = await commit(scene, bob, [], [alice])
    expect(typesOf(events)).to.deep.equal(['CommitAccepted'])
    expect(scene.active().required.size).to.equal(0)
    expect(scene.active().clients.has(carol.client)).to.equal(false)
  })

  it('by value may remove a leaf that is required to go', async () => {
    const { scene, alice, bob, carol } = await trio()
    const before = scene.of(bob)
    await leave(scene, carol, [alice])
    const made = await commitOf(before, [remove(scene.leafOf(carol))])
    expect(codeOf(post(scene, bob, made))).to.equal('accepted')
  })

  it('may leave other pending proposals out, and they lapse', async () => {
    const { scene, alice, bob } = await trio()
    const dave = await makeClient(scene.world)
    const before = scene.of(bob)
    await propose(scene, alice, add(await keyPackageOf(scene.world, dave)))
    expect(scene.active().mls.pending.size).to.equal(1)
    expect(codeOf(post(scene, bob, await commitOf(before)))).to.equal('accepted')
    expect(scene.active().mls.pending.size).to.equal(0)
  })

  it('lets a user remove its own other client', async () => {
    const { scene, alice, bob, carol } = await trio()
    const tablet = await makeClient(scene.world, bob.user)
    await addAll(scene, alice, [tablet], [bob, carol])
    const made = await commitOf(scene.of(bob), [remove(scene.leafOf(tablet))])
    expect(codeOf(post(scene, bob, made))).to.equal('accepted')
    expect(scene.active().users.get(bob.user)?.leaves).to.equal(1)
  })

  it('ends the roles of users whose last leaf it removes, and their access', async () => {
    const { scene, alice, bob, carol } = await trio()
    await commit(scene, alice, [remove(scene.leafOf(carol))], [bob])
    expect(scene.active().users.has(carol.user)).to.equal(false)
    const { message } = await messageOf(scene.of(carol), 'am I still here?')
    expect(send(scene, carol, message)).to.equal('not-a-member')
  })

  it('of another group is refused', async () => {
    const first = await trio()
    const second = await trio(first.scene.world)
    const made = await commitOf(first.scene.of(first.alice))
    const bundle = decodeCommitBundleParts(made)
    if (!bundle.ok) throw new Error('not a bundle')
    const outcome = second.scene.when(
      acceptGroupCommit({
        by: second.alice,
        bundle: bundle.value,
        groupInfo: blobOf(made.groupInfo),
        welcome: undefined,
        policy: second.scene.world.policy,
        fullClients: new Set(),
        limits: limitDefaults,
      }),
    )
    expect(codeOf(outcome)).to.equal('malformed')
  })
})
