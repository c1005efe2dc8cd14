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
  emptyScene,
  leave,
  postProposal,
  propose,
  reserve,
  send,
  trio,
  typesOf,
} from './groupScene.js'
import { add, commitOf, keyPackageOf, makeClient, makeWorld, messageOf, proposalOf, remove } from './mlsFixture.js'
import { post } from './groupScene.js'

describe('a proposal', () => {
  it('of an admin is accepted with its reference, and pends', async () => {
    const { scene, alice, bob } = await trio()
    const outcome = await propose(scene, alice, remove(scene.leafOf(bob)))
    if ('code' in outcome) throw new Error(outcome.code)
    const [event] = outcome
    if (event?.type !== 'ProposalAccepted') throw new Error('not accepted')
    expect(event.data).to.deep.include({ epoch: '1', kind: 'remove', removes: 1, selfRemoval: false })
    expect([...scene.active().mls.pending.keys()]).to.deep.equal([event.data.ref])
  })

  it('to add or remove others is an admin’s', async () => {
    const { scene, bob, carol } = await trio()
    const own = await keyPackageOf(scene.world, await makeClient(scene.world))
    expect(await propose(scene, bob, add(own))).to.deep.equal({ code: 'not-allowed', capability: 'add' })
    const removal = await propose(scene, bob, remove(scene.leafOf(carol)))
    expect(removal).to.deep.equal({ code: 'not-allowed', capability: 'remove' })
  })

  it('needs the token of its sender, its epoch and its group', async () => {
    const { scene, alice, bob, carol } = await trio()
    const made = await proposalOf(scene.of(bob), remove(scene.leafOf(bob)))
    expect(codeOf(postProposal(scene, alice, made.message))).to.equal('identity-mismatch')
    expect(codeOf(postProposal(scene, await makeClient(scene.world), made.message))).to.equal('no-such-group')
    const other = await trio(scene.world)
    const elsewhere = await proposalOf(other.scene.of(other.alice), remove(1))
    expect(codeOf(postProposal(scene, alice, elsewhere.message))).to.equal('malformed')
    await commit(scene, alice, [], [bob, carol])
    expect(codeOf(postProposal(scene, bob, made.message))).to.equal('wrong-epoch')
  })

  it('forged, or about a leaf that is not there, is refused', async () => {
    const { scene, alice } = await trio()
    const { message } = await proposalOf(scene.of(alice), remove(1))
    const forged = new Uint8Array(message)
    const at = forged.length - 40
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(codeOf(postProposal(scene, alice, forged))).to.equal('invalid-proposal')
    // The library makes it; a client that took it in would walk off its tree.
    const outside = await proposalOf(scene.of(alice), remove(4_000_000)).catch(() => undefined)
    if (outside !== undefined) expect(codeOf(postProposal(scene, alice, outside.message))).to.equal('invalid-proposal')
  })

  it('comes three times per member and epoch, and a self-removal once', async () => {
    const { scene, alice, bob, carol } = await trio()
    const before = scene.of(alice)
    for (let n = 0; n < 3; n++) {
      const own = await keyPackageOf(scene.world, await makeClient(scene.world))
      expect(codeOf(await propose(scene, alice, add(own)))).to.equal('accepted')
    }
    const own = await keyPackageOf(scene.world, await makeClient(scene.world))
    expect(await propose(scene, alice, add(own))).to.deep.equal({
      code: 'limit-reached',
      limit: 'proposalsPerMemberMax',
      max: 3,
    })
    expect(codeOf(await leave(scene, bob))).to.equal('accepted')
    scene.set(alice, before)
    await commit(scene, alice, [remove(scene.leafOf(bob))], [carol])
    expect(codeOf(await propose(scene, alice, add(own)))).to.equal('accepted')
  })

  it('cannot be pending together with one it could not be committed with', async () => {
    const { scene, alice, bob, carol } = await trio()
    await propose(scene, alice, remove(scene.leafOf(bob)))
    const before = scene.of(carol)
    const again = await proposalOf(before, remove(scene.leafOf(bob)))
    expect(codeOf(postProposal(scene, carol, again.message))).to.equal('invalid-proposal')
  })

  it('to change the context, or to end the group, is refused', async () => {
    const { scene, alice } = await trio()
    const extensions = scene.of(alice).groupContext.extensions
    const context = await propose(scene, alice, {
      proposalType: 'group_context_extensions',
      groupContextExtensions: { extensions },
    })
    expect(context).to.deep.equal({ code: 'not-allowed', capability: 'groupContextExtensions' })
  })

  it('that is a Commit is none', async () => {
    const { scene, alice } = await trio()
    const made = await commitOf(scene.of(alice))
    expect(codeOf(postProposal(scene, alice, made.commit))).to.equal('unsupported-message')
  })

  it('adds nobody who is in as many groups as a client may be', async () => {
    const { scene, alice } = await trio()
    const dave = await makeClient(scene.world)
    const made = await proposalOf(scene.of(alice), add(await keyPackageOf(scene.world, dave)))
    const message = decodeMlsMessage(made.message)
    if (!message.ok || message.value.wireFormat !== 'publicMessage') throw new Error('not public')
    const outcome = scene.when(
      acceptGroupProposal({
        by: alice,
        message: message.value.publicMessage,
        bytes: made.message,
        policy: scene.world.policy,
        fullClients: new Set([dave.client]),
        limits: limitDefaults,
      }),
    )
    expect(outcome).to.deep.equal({ code: 'limit-reached', limit: 'groupsPerClientMax', max: 1_000 })
  })
})

describe('leaving', () => {
  it('cuts the leaver off at once, and outlives a Commit that could not carry it', async () => {
    const { scene, alice, bob, carol } = await trio()
    const { message } = await messageOf(scene.of(carol), 'one more thing')
    expect(typesOf(await leave(scene, carol, [alice, bob]))).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
    expect(send(scene, carol, message)).to.equal('not-a-member')
    expect(codeOf(await leave(scene, carol))).to.equal('not-a-member')
    expect(scene.active().required.get(2)?.reason).to.equal('selfRemoval')
  })

  it('is refused to the last admin while others stay', async () => {
    const { scene, alice, bob, carol } = await trio()
    expect(await leave(scene, alice)).to.deep.equal({ code: 'not-allowed', capability: 'leaveAsLastAdmin' })
    await leave(scene, bob, [alice, carol])
    expect(codeOf(await leave(scene, alice))).to.equal('not-allowed')
    await leave(scene, carol, [alice])
    // Nobody else remains: the group goes with its last member.
    expect(typesOf(await leave(scene, alice))).to.deep.equal(['ProposalAccepted', 'RemovalRequired', 'GroupDeleted'])
    expect(scene.state().status).to.equal('deleted')
  })

  it('of the only member ends the group', async () => {
    const scene = emptyScene(await makeWorld())
    const alice = await makeClient(scene.world)
    reserve(scene, alice)
    await create(scene, alice)
    expect(typesOf(await leave(scene, alice))).to.deep.equal(['ProposalAccepted', 'RemovalRequired', 'GroupDeleted'])
  })

  it('of one client of the last admin is fine while another stays', async () => {
    const { scene, alice, bob, carol } = await trio()
    const tablet = await makeClient(scene.world, alice.user)
    await addAll(scene, alice, [tablet], [bob, carol])
    expect(typesOf(await leave(scene, tablet, [alice, bob]))).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
    expect(codeOf(post(scene, bob, await commitOf(scene.of(bob))))).to.equal('accepted')
    expect(scene.active().users.get(alice.user)?.role).to.equal('admin')
  })
})
