/** The one Commit of an epoch: who may make it, what must be in it, who loses. */
import { expect } from 'chai'
import { acceptGroupCommit } from '#src/commands/group/commits.js'
import { decodeCommitBundleParts } from '#src/mls/wire/mlsMessage.js'
import { limitDefaults } from '#src/limits/limits.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { addAll, codeOf, commit, leave, post, propose, send, trio, typesOf } from './testGroup.js'
import { add, blobOf, commitOf, keyPackageOf, makeClient, messageOf, remove } from './mlsFixture.js'

describe('a Commit', () => {
  it('adds members, by an admin, and says who sits where', async () => {
    const { testGroup, alice, bob } = await trio()
    const accepted = testGroup.past().at(-1)
    expect(accepted?.type).to.equal('CommitAccepted')
    if (accepted?.type !== 'CommitAccepted') return
    expect(accepted.data.epoch).to.equal('1')
    expect(accepted.data.committer).to.deep.equal({ leafIndex: 0, user: alice.user, client: alice.client })
    expect(accepted.data.added.map(({ client, leafIndex }) => [client, leafIndex])[0]).to.deep.equal([bob.client, 1])
    expect(accepted.data.welcome).not.to.equal(undefined)
    expect(testGroup.active().users.get(bob.user)?.role).to.equal('member')
  })

  it('by a plain member may not add', async () => {
    const { testGroup, bob } = await trio()
    const dave = await makeClient(testGroup.world)
    const made = await commitOf(testGroup.of(bob), [add(await keyPackageOf(testGroup.world, dave))])
    expect(post(testGroup, bob, made)).to.deep.equal({ code: 'not-allowed', capability: 'add' })
  })

  it('by a plain member may not remove another user', async () => {
    const { testGroup, bob, carol } = await trio()
    const made = await commitOf(testGroup.of(bob), [remove(testGroup.leafOf(carol))])
    expect(post(testGroup, bob, made)).to.deep.equal({ code: 'not-allowed', capability: 'remove' })
  })

  it('by a plain member may carry what an admin proposed', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const dave = await makeClient(testGroup.world)
    const own = await keyPackageOf(testGroup.world, dave)
    expect(typesOf(await propose(testGroup, alice, add(own), [bob, carol]))).to.deep.equal(['ProposalAccepted'])
    await commit(testGroup, bob, [], [alice, carol])
    expect(testGroup.active().clients.has(dave.client)).to.equal(true)
  })

  it('empty, by anyone, updates keys', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const [event] = await commit(testGroup, bob, [], [alice, carol])
    if (event?.type !== 'CommitAccepted') throw new Error('not accepted')
    expect(event.data.updated.map(({ client }) => client)).to.deep.equal([bob.client])
  })

  it('needs the token of the client that signed it', async () => {
    const { testGroup, alice, bob } = await trio()
    const made = await commitOf(testGroup.of(bob))
    expect(codeOf(post(testGroup, alice, made))).to.equal('identity-mismatch')
  })

  it('of a stranger meets no group', async () => {
    const { testGroup, bob } = await trio()
    const made = await commitOf(testGroup.of(bob))
    expect(codeOf(post(testGroup, await makeClient(testGroup.world), made))).to.equal('no-such-group')
  })

  it('comes once per epoch: the loser hears the epoch and the winner', async () => {
    const { testGroup, bob, carol } = await trio()
    const winner = await commitOf(testGroup.of(bob))
    const loser = await commitOf(testGroup.of(carol))
    expect(typesOf(post(testGroup, bob, winner))).to.deep.equal(['CommitAccepted'])
    expect(post(testGroup, carol, loser)).to.deep.equal({
      code: 'wrong-epoch',
      currentEpoch: '2',
      winningCommit: toBase64url(winner.commit),
    })
  })

  it('of an epoch to come is refused', async () => {
    const { testGroup, bob } = await trio()
    const made = await commitOf((await commitOf(testGroup.of(bob))).state)
    expect(post(testGroup, bob, made)).to.deep.equal({ code: 'wrong-epoch', currentEpoch: '1' })
  })

  it('forged is refused', async () => {
    const { testGroup, bob } = await trio()
    const made = await commitOf(testGroup.of(bob))
    // The signature stands before the confirmation tag (33 bytes with its length) and the membership tag (33 more).
    const forged = new Uint8Array(made.commit)
    const at = forged.length - 70
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(codeOf(post(testGroup, bob, { ...made, commit: forged }))).to.equal('invalid-commit')
  })

  it('that adds needs its Welcome, and one that does not may have none', async () => {
    const { testGroup, alice, bob } = await trio()
    const dave = await makeClient(testGroup.world)
    const made = await commitOf(testGroup.of(alice), [add(await keyPackageOf(testGroup.world, dave))])
    expect(codeOf(post(testGroup, alice, { ...made, welcome: undefined }))).to.equal('welcome-mismatch')
    const empty = await commitOf(testGroup.of(bob))
    expect(codeOf(post(testGroup, bob, { ...empty, welcome: made.welcome }))).to.equal('welcome-mismatch')
  })

  it('must come with the GroupInfo of the state it leads to', async () => {
    const { testGroup, alice, bob } = await trio()
    const made = await commitOf(testGroup.of(alice))
    const other = await commitOf(testGroup.of(bob))
    expect(codeOf(post(testGroup, alice, { ...made, groupInfo: other.groupInfo }))).to.equal('group-info-mismatch')
  })

  it('cannot grow the group beyond its limit', async () => {
    const { testGroup, alice } = await trio()
    const dave = await makeClient(testGroup.world)
    const made = await commitOf(testGroup.of(alice), [add(await keyPackageOf(testGroup.world, dave))])
    expect(post(testGroup, alice, made, 3)).to.deep.equal({ code: 'limit-reached', limit: 'groupMembersMax', max: 3 })
    expect(codeOf(post(testGroup, alice, made, 4))).to.equal('accepted')
  })

  it('may not change the context of the group', async () => {
    const { testGroup, alice } = await trio()
    const extensions = testGroup.of(alice).groupContext.extensions
    const made = await commitOf(testGroup.of(alice), [
      { proposalType: 'group_context_extensions', groupContextExtensions: { extensions } },
    ])
    expect(post(testGroup, alice, made)).to.deep.equal({ code: 'not-allowed', capability: 'groupContextExtensions' })
  })

  it('must carry a pending self-removal, and any member may', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const leaf = testGroup.leafOf(carol)
    const before = { alice: testGroup.of(alice), bob: testGroup.of(bob) }
    const left = await leave(testGroup, carol, [alice, bob])
    expect(typesOf(left)).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
    const [proposal] = left as readonly { data: { ref: string } }[]
    const without = await commitOf(before.bob)
    expect(post(testGroup, bob, without)).to.deep.equal({
      code: 'commit-missing-proposals',
      refs: [proposal?.data.ref],
      leaves: [leaf],
    })
    const events = await commit(testGroup, bob, [], [alice])
    expect(typesOf(events)).to.deep.equal(['CommitAccepted'])
    expect(testGroup.active().required.size).to.equal(0)
    expect(testGroup.active().clients.has(carol.client)).to.equal(false)
  })

  it('by value may remove a leaf that is required to go', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const before = testGroup.of(bob)
    await leave(testGroup, carol, [alice])
    const made = await commitOf(before, [remove(testGroup.leafOf(carol))])
    expect(codeOf(post(testGroup, bob, made))).to.equal('accepted')
  })

  it('may leave other pending proposals out, and they lapse', async () => {
    const { testGroup, alice, bob } = await trio()
    const dave = await makeClient(testGroup.world)
    const before = testGroup.of(bob)
    await propose(testGroup, alice, add(await keyPackageOf(testGroup.world, dave)))
    expect(testGroup.active().mls.pending.size).to.equal(1)
    expect(codeOf(post(testGroup, bob, await commitOf(before)))).to.equal('accepted')
    expect(testGroup.active().mls.pending.size).to.equal(0)
  })

  it('lets a user remove its own other client', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const tablet = await makeClient(testGroup.world, bob.user)
    await addAll(testGroup, alice, [tablet], [bob, carol])
    const made = await commitOf(testGroup.of(bob), [remove(testGroup.leafOf(tablet))])
    expect(codeOf(post(testGroup, bob, made))).to.equal('accepted')
    expect(testGroup.active().users.get(bob.user)?.leaves).to.equal(1)
  })

  it('ends the roles of users whose last leaf it removes, and their access', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    await commit(testGroup, alice, [remove(testGroup.leafOf(carol))], [bob])
    expect(testGroup.active().users.has(carol.user)).to.equal(false)
    const { message } = await messageOf(testGroup.of(carol), 'am I still here?')
    expect(send(testGroup, carol, message)).to.equal('not-a-member')
  })

  it('of another group is refused', async () => {
    const first = await trio()
    const second = await trio(first.testGroup.world)
    const made = await commitOf(first.testGroup.of(first.alice))
    const bundle = decodeCommitBundleParts(made)
    if (!bundle.ok) throw new Error('not a bundle')
    const outcome = second.testGroup.when(
      acceptGroupCommit({
        by: second.alice,
        bundle: bundle.value,
        groupInfo: blobOf(made.groupInfo),
        welcome: undefined,
        policy: second.testGroup.world.policy,
        fullClients: new Set(),
        limits: limitDefaults,
      }),
    )
    expect(codeOf(outcome)).to.equal('malformed')
  })
})
