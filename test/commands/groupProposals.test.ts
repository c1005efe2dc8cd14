/** Proposals on their own: by whom, how many, and what leaving means. */
import { expect } from 'chai'
import { acceptGroupProposal } from '#src/commands/group/proposals.js'
import { decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { limitDefaults } from '#src/limits/limits.js'
import {
  addAll,
  codeOf,
  commit,
  create,
  emptyTestGroup,
  leave,
  postProposal,
  propose,
  reserve,
  send,
  trio,
  typesOf,
} from './testGroup.js'
import { add, commitOf, keyPackageOf, makeClient, makeWorld, messageOf, proposalOf, remove } from './mlsFixture.js'
import { post } from './testGroup.js'

describe('a proposal', () => {
  it('of an admin is accepted with its reference, and pends', async () => {
    const { testGroup, alice, bob } = await trio()
    const outcome = await propose(testGroup, alice, remove(testGroup.leafOf(bob)))
    if ('code' in outcome) throw new Error(outcome.code)
    const [event] = outcome
    if (event?.type !== 'ProposalAccepted') throw new Error('not accepted')
    expect(event.data).to.deep.include({ epoch: '1', kind: 'remove', removes: 1, selfRemoval: false })
    expect([...testGroup.active().mls.pending.keys()]).to.deep.equal([event.data.ref])
  })

  it('to add or remove others is an admin’s', async () => {
    const { testGroup, bob, carol } = await trio()
    const own = await keyPackageOf(testGroup.world, await makeClient(testGroup.world))
    expect(await propose(testGroup, bob, add(own))).to.deep.equal({ code: 'not-allowed', capability: 'add' })
    const removal = await propose(testGroup, bob, remove(testGroup.leafOf(carol)))
    expect(removal).to.deep.equal({ code: 'not-allowed', capability: 'remove' })
  })

  it('needs the token of its sender, its epoch and its group', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const made = await proposalOf(testGroup.of(bob), remove(testGroup.leafOf(bob)))
    expect(codeOf(postProposal(testGroup, alice, made.message))).to.equal('identity-mismatch')
    expect(codeOf(postProposal(testGroup, await makeClient(testGroup.world), made.message))).to.equal('no-such-group')
    const other = await trio(testGroup.world)
    const elsewhere = await proposalOf(other.testGroup.of(other.alice), remove(1))
    expect(codeOf(postProposal(testGroup, alice, elsewhere.message))).to.equal('malformed')
    await commit(testGroup, alice, [], [bob, carol])
    expect(codeOf(postProposal(testGroup, bob, made.message))).to.equal('wrong-epoch')
  })

  it('forged, or about a leaf that is not there, is refused', async () => {
    const { testGroup, alice } = await trio()
    const { message } = await proposalOf(testGroup.of(alice), remove(1))
    const forged = new Uint8Array(message)
    const at = forged.length - 40
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(codeOf(postProposal(testGroup, alice, forged))).to.equal('invalid-proposal')
    // The library makes it; a client that took it in would walk off its tree.
    const outside = await proposalOf(testGroup.of(alice), remove(4_000_000)).catch(() => undefined)
    if (outside !== undefined)
      expect(codeOf(postProposal(testGroup, alice, outside.message))).to.equal('invalid-proposal')
  })

  it('comes three times per member and epoch, and a self-removal once', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const before = testGroup.of(alice)
    for (let n = 0; n < 3; n++) {
      const own = await keyPackageOf(testGroup.world, await makeClient(testGroup.world))
      expect(codeOf(await propose(testGroup, alice, add(own)))).to.equal('accepted')
    }
    const own = await keyPackageOf(testGroup.world, await makeClient(testGroup.world))
    expect(await propose(testGroup, alice, add(own))).to.deep.equal({
      code: 'limit-reached',
      limit: 'proposalsPerMemberMax',
      max: 3,
    })
    expect(codeOf(await leave(testGroup, bob))).to.equal('accepted')
    testGroup.set(alice, before)
    await commit(testGroup, alice, [remove(testGroup.leafOf(bob))], [carol])
    expect(codeOf(await propose(testGroup, alice, add(own)))).to.equal('accepted')
  })

  it('cannot be pending together with one it could not be committed with', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    await propose(testGroup, alice, remove(testGroup.leafOf(bob)))
    const before = testGroup.of(carol)
    const again = await proposalOf(before, remove(testGroup.leafOf(bob)))
    expect(codeOf(postProposal(testGroup, carol, again.message))).to.equal('invalid-proposal')
  })

  it('to change the context, or to end the group, is refused', async () => {
    const { testGroup, alice } = await trio()
    const extensions = testGroup.of(alice).groupContext.extensions
    const context = await propose(testGroup, alice, {
      proposalType: 'group_context_extensions',
      groupContextExtensions: { extensions },
    })
    expect(context).to.deep.equal({ code: 'not-allowed', capability: 'groupContextExtensions' })
  })

  it('that is a Commit is none', async () => {
    const { testGroup, alice } = await trio()
    const made = await commitOf(testGroup.of(alice))
    expect(codeOf(postProposal(testGroup, alice, made.commit))).to.equal('unsupported-message')
  })

  it('adds nobody who is in as many groups as a client may be', async () => {
    const { testGroup, alice } = await trio()
    const dave = await makeClient(testGroup.world)
    const made = await proposalOf(testGroup.of(alice), add(await keyPackageOf(testGroup.world, dave)))
    const message = decodeMlsMessage(made.message)
    if (!message.ok || message.value.wireFormat !== 'publicMessage') throw new Error('not public')
    const outcome = testGroup.when(
      acceptGroupProposal({
        by: alice,
        message: message.value.publicMessage,
        bytes: made.message,
        policy: testGroup.world.policy,
        fullClients: new Set([dave.client]),
        limits: limitDefaults,
      }),
    )
    expect(outcome).to.deep.equal({ code: 'limit-reached', limit: 'groupsPerClientMax', max: 1_000 })
  })
})

describe('leaving', () => {
  it('cuts the leaver off at once, and outlives a Commit that could not carry it', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const { message } = await messageOf(testGroup.of(carol), 'one more thing')
    expect(typesOf(await leave(testGroup, carol, [alice, bob]))).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
    expect(send(testGroup, carol, message)).to.equal('not-a-member')
    expect(codeOf(await leave(testGroup, carol))).to.equal('not-a-member')
    expect(testGroup.active().required.get(2)?.reason).to.equal('selfRemoval')
  })

  it('is refused to the last admin while others stay', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    expect(await leave(testGroup, alice)).to.deep.equal({ code: 'not-allowed', capability: 'leaveAsLastAdmin' })
    await leave(testGroup, bob, [alice, carol])
    expect(codeOf(await leave(testGroup, alice))).to.equal('not-allowed')
    await leave(testGroup, carol, [alice])
    // Nobody else remains: the group goes with its last member.
    expect(typesOf(await leave(testGroup, alice))).to.deep.equal([
      'ProposalAccepted',
      'RemovalRequired',
      'GroupDeleted',
    ])
    expect(testGroup.state().status).to.equal('deleted')
  })

  it('of the only member ends the group', async () => {
    const testGroup = emptyTestGroup(await makeWorld())
    const alice = await makeClient(testGroup.world)
    reserve(testGroup, alice)
    await create(testGroup, alice)
    expect(typesOf(await leave(testGroup, alice))).to.deep.equal([
      'ProposalAccepted',
      'RemovalRequired',
      'GroupDeleted',
    ])
  })

  it('of one client of the last admin is fine while another stays', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const tablet = await makeClient(testGroup.world, alice.user)
    await addAll(testGroup, alice, [tablet], [bob, carol])
    expect(typesOf(await leave(testGroup, tablet, [alice, bob]))).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
    expect(codeOf(post(testGroup, bob, await commitOf(testGroup.of(bob))))).to.equal('accepted')
    expect(testGroup.active().users.get(alice.user)?.role).to.equal('admin')
  })
})
