/** Required removals, and what follows from them: succession, and the end of a group. */
import { expect } from 'chai'
import { changeRole } from '#src/commands/group/roles.js'
import { expireMessages } from '#src/commands/group/expiry.js'
import { requireRemoval } from '#src/commands/group/removals.js'
import type { RemovalReason } from '#src/commands/group/state.js'
import type { ClientId } from '#src/mls/wire/ids.js'
import { addAll, codeOf, commit, leave, post, propose, send, trio, typesOf } from './groupScene.js'
import type { Outcome, Scene } from './groupScene.js'
import { commitOf, makeClient, messageOf, remove } from './mlsFixture.js'

const cut = (scene: Scene, clients: readonly ClientId[], reason: RemovalReason = 'clientRemoved'): Outcome =>
  scene.when(requireRemoval({ reason, gone: clients }))

describe('a required removal', () => {
  it('names the leaves of the clients, once', async () => {
    const { scene, bob } = await trio()
    expect(cut(scene, [bob.client])).to.deep.equal([
      {
        type: 'RemovalRequired',
        data: {
          group: scene.group,
          leaves: [{ leafIndex: 1, user: bob.user, client: bob.client }],
          reason: 'clientRemoved',
        },
      },
    ])
    expect(cut(scene, [bob.client])).to.deep.equal([])
    expect(cut(scene, [(await makeClient(scene.world)).client])).to.deep.equal([])
  })

  it('means a leaf as it was seen: not one that changed since', async () => {
    const { scene, alice, bob, carol } = await trio()
    const seen = { client: bob.client, leafIndex: 1, changed: scene.active().leaves.get(1)?.changed ?? -1 }
    await commit(scene, bob, [], [alice, carol])
    expect(scene.when(requireRemoval({ reason: 'queueGone', gone: [seen] }))).to.deep.equal([])
    const again = { ...seen, changed: scene.active().leaves.get(1)?.changed ?? -1 }
    expect(typesOf(scene.when(requireRemoval({ reason: 'queueGone', gone: [again] })))).to.deep.equal([
      'RemovalRequired',
    ])
  })

  it('ends what the client may do, and must be in the next Commit', async () => {
    const { scene, alice, bob, carol } = await trio()
    const { message } = await messageOf(scene.of(bob), 'hello')
    const before = await commitOf(scene.of(carol))
    cut(scene, [bob.client])
    expect(send(scene, bob, message)).to.equal('not-a-member')
    expect(codeOf(await propose(scene, bob, remove(1)))).to.equal('not-a-member')
    expect(codeOf(post(scene, bob, await commitOf(scene.of(bob))))).to.equal('not-a-member')
    expect(post(scene, carol, before)).to.deep.equal({ code: 'commit-missing-proposals', refs: [], leaves: [1] })
    // Any member may remove it: carol is no admin.
    await commit(scene, carol, [remove(1)], [alice])
    expect(scene.active().required.size).to.equal(0)
    expect(scene.active().clients.has(bob.client)).to.equal(false)
  })

  it('of the last admin makes the longest-standing user one', async () => {
    const { scene, alice, bob, carol } = await trio()
    const outcome = cut(scene, [alice.client], 'userDeleted')
    expect(typesOf(outcome)).to.deep.equal(['RemovalRequired', 'RoleChanged'])
    expect((outcome as readonly object[])[1]).to.deep.equal({
      type: 'RoleChanged',
      data: { group: scene.group, user: bob.user, role: 'admin', reason: 'succession' },
    })
    // The next in line, once bob goes too.
    const next = cut(scene, [bob.client], 'userDeleted')
    expect((next as readonly { data: object }[])[1]?.data).to.deep.include({ user: carol.user })
  })

  it('of one admin of two needs no successor', async () => {
    const { scene, alice, bob } = await trio()
    scene.when(changeRole({ by: alice, user: bob.user, role: 'admin' }))
    expect(typesOf(cut(scene, [alice.client]))).to.deep.equal(['RemovalRequired'])
  })

  it('passes over those who are going themselves', async () => {
    const { scene, alice, bob, carol } = await trio()
    await leave(scene, bob)
    const outcome = cut(scene, [alice.client])
    expect((outcome as readonly { data: object }[])[1]?.data).to.deep.include({ user: carol.user })
  })

  it('of everybody, for good, ends the group', async () => {
    const { scene, alice, bob, carol } = await trio()
    expect(typesOf(cut(scene, [alice.client, bob.client, carol.client]))).to.deep.equal([
      'RemovalRequired',
      'GroupDeleted',
    ])
  })

  it('of everybody, while one could resync, does not', async () => {
    const { scene, alice, bob, carol } = await trio()
    cut(scene, [bob.client, carol.client])
    expect(typesOf(cut(scene, [alice.client], 'queueGone'))).to.deep.equal(['RemovalRequired'])
    expect(scene.state().status).to.equal('active')
  })

  it('covers all clients of a user when the user goes', async () => {
    const { scene, alice, bob, carol } = await trio()
    const tablet = await makeClient(scene.world, bob.user)
    await addAll(scene, alice, [tablet], [bob, carol])
    cut(scene, [bob.client, tablet.client], 'userDeleted')
    expect(post(scene, carol, await commitOf(scene.of(carol), [remove(1)]))).to.deep.equal({
      code: 'commit-missing-proposals',
      refs: [],
      leaves: [3],
    })
  })
})

describe('a role', () => {
  it('of an admin removed by Commit goes, and somebody follows', async () => {
    const { scene, alice, bob, carol } = await trio()
    scene.when(changeRole({ by: alice, user: bob.user, role: 'admin' }))
    await commit(scene, bob, [remove(0)], [carol])
    expect(scene.active().users.has(alice.user)).to.equal(false)
    expect(scene.active().users.get(bob.user)?.role).to.equal('admin')
  })

  it('given up by the only user comes back to it: there is nobody else to succeed', async () => {
    const { scene, alice, bob, carol } = await trio()
    const step = changeRole({ by: alice, user: alice.user, role: 'member' })
    expect(scene.when(step)).to.deep.equal({ code: 'not-allowed', capability: 'demoteLastAdmin' })
    await commit(scene, alice, [remove(scene.leafOf(bob)), remove(scene.leafOf(carol))])
    expect(typesOf(scene.when(step))).to.deep.equal(['RoleChanged', 'RoleChanged'])
    expect(scene.active().users.get(alice.user)?.role).to.equal('admin')
  })

  it('is for members only', async () => {
    const { scene, alice } = await trio()
    const stranger = await makeClient(scene.world)
    expect(codeOf(scene.when(changeRole({ by: alice, user: stranger.user, role: 'admin' })))).to.equal('no-such-user')
  })
})

describe('the expiry of messages', () => {
  it('moves forward only, also in a deleted group', async () => {
    const { scene, alice, bob, carol } = await trio()
    expect(typesOf(scene.when(expireMessages({ upToRevision: 5 })))).to.deep.equal(['MessagesExpired'])
    expect(scene.when(expireMessages({ upToRevision: 5 }))).to.deep.equal([])
    cut(scene, [alice.client, bob.client, carol.client])
    expect(scene.when(expireMessages({ upToRevision: 4 }))).to.deep.equal([])
    expect(typesOf(scene.when(expireMessages({ upToRevision: 9 })))).to.deep.equal(['MessagesExpired'])
  })
})
