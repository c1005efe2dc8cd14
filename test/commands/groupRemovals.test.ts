/** Required removals, and what follows from them: succession, and the end of a group. */
import { expect } from 'chai'
import { changeRole } from '#src/commands/group/roles.js'
import { expireMessages } from '#src/commands/group/expiry.js'
import { requireRemoval } from '#src/commands/group/removals.js'
import type { RemovalReason } from '#src/commands/group/fold/state.js'
import type { ClientId } from '#src/mls/wire/ids.js'
import { addAll, codeOf, commit, leave, post, propose, send, trio, typesOf } from './testGroup.js'
import type { Outcome, TestGroup } from './testGroup.js'
import { commitOf, makeClient, messageOf, remove } from './mlsFixture.js'

const cut = (testGroup: TestGroup, clients: readonly ClientId[], reason: RemovalReason = 'clientRemoved'): Outcome =>
  testGroup.when(requireRemoval({ reason, gone: clients }))

describe('a required removal', () => {
  it('names the leaves of the clients, once', async () => {
    const { testGroup, bob } = await trio()
    expect(cut(testGroup, [bob.client])).to.deep.equal([
      {
        type: 'RemovalRequired',
        data: {
          group: testGroup.group,
          leaves: [{ leafIndex: 1, user: bob.user, client: bob.client }],
          reason: 'clientRemoved',
        },
      },
    ])
    expect(cut(testGroup, [bob.client])).to.deep.equal([])
    expect(cut(testGroup, [(await makeClient(testGroup.world)).client])).to.deep.equal([])
  })

  it('means a leaf as it was seen: not one that changed since', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const seen = { client: bob.client, leafIndex: 1, changed: testGroup.active().leaves.get(1)?.changed ?? -1 }
    await commit(testGroup, bob, [], [alice, carol])
    expect(testGroup.when(requireRemoval({ reason: 'queueGone', gone: [seen] }))).to.deep.equal([])
    const again = { ...seen, changed: testGroup.active().leaves.get(1)?.changed ?? -1 }
    expect(typesOf(testGroup.when(requireRemoval({ reason: 'queueGone', gone: [again] })))).to.deep.equal([
      'RemovalRequired',
    ])
  })

  it('ends what the client may do, and must be in the next Commit', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const { message } = await messageOf(testGroup.of(bob), 'hello')
    const before = await commitOf(testGroup.of(carol))
    cut(testGroup, [bob.client])
    expect(send(testGroup, bob, message)).to.equal('not-a-member')
    expect(codeOf(await propose(testGroup, bob, remove(1)))).to.equal('not-a-member')
    expect(codeOf(post(testGroup, bob, await commitOf(testGroup.of(bob))))).to.equal('not-a-member')
    expect(post(testGroup, carol, before)).to.deep.equal({ code: 'commit-missing-proposals', refs: [], leaves: [1] })
    // Any member may remove it: carol is no admin.
    await commit(testGroup, carol, [remove(1)], [alice])
    expect(testGroup.active().required.size).to.equal(0)
    expect(testGroup.active().clients.has(bob.client)).to.equal(false)
  })

  it('of the last admin makes the longest-standing user one', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const outcome = cut(testGroup, [alice.client], 'userDeleted')
    expect(typesOf(outcome)).to.deep.equal(['RemovalRequired', 'RoleChanged'])
    expect((outcome as readonly object[])[1]).to.deep.equal({
      type: 'RoleChanged',
      data: { group: testGroup.group, user: bob.user, role: 'admin', reason: 'succession' },
    })
    // The next in line, once bob goes too.
    const next = cut(testGroup, [bob.client], 'userDeleted')
    expect((next as readonly { data: object }[])[1]?.data).to.deep.include({ user: carol.user })
  })

  it('of one admin of two needs no successor', async () => {
    const { testGroup, alice, bob } = await trio()
    testGroup.when(changeRole({ by: alice, user: bob.user, role: 'admin' }))
    expect(typesOf(cut(testGroup, [alice.client]))).to.deep.equal(['RemovalRequired'])
  })

  it('passes over those who are going themselves', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    await leave(testGroup, bob)
    const outcome = cut(testGroup, [alice.client])
    expect((outcome as readonly { data: object }[])[1]?.data).to.deep.include({ user: carol.user })
  })

  it('of everybody, for good, ends the group', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    expect(typesOf(cut(testGroup, [alice.client, bob.client, carol.client]))).to.deep.equal([
      'RemovalRequired',
      'GroupDeleted',
    ])
  })

  it('of everybody, while one could resync, does not', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    cut(testGroup, [bob.client, carol.client])
    expect(typesOf(cut(testGroup, [alice.client], 'queueGone'))).to.deep.equal(['RemovalRequired'])
    expect(testGroup.state().status).to.equal('active')
  })

  it('covers all clients of a user when the user goes', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const tablet = await makeClient(testGroup.world, bob.user)
    await addAll(testGroup, alice, [tablet], [bob, carol])
    cut(testGroup, [bob.client, tablet.client], 'userDeleted')
    expect(post(testGroup, carol, await commitOf(testGroup.of(carol), [remove(1)]))).to.deep.equal({
      code: 'commit-missing-proposals',
      refs: [],
      leaves: [3],
    })
  })
})

describe('a role', () => {
  it('of an admin removed by Commit goes, and somebody follows', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    testGroup.when(changeRole({ by: alice, user: bob.user, role: 'admin' }))
    await commit(testGroup, bob, [remove(0)], [carol])
    expect(testGroup.active().users.has(alice.user)).to.equal(false)
    expect(testGroup.active().users.get(bob.user)?.role).to.equal('admin')
  })

  it('given up by the only user comes back to it: there is nobody else to succeed', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const step = changeRole({ by: alice, user: alice.user, role: 'member' })
    expect(testGroup.when(step)).to.deep.equal({ code: 'not-allowed', capability: 'demoteLastAdmin' })
    await commit(testGroup, alice, [remove(testGroup.leafOf(bob)), remove(testGroup.leafOf(carol))])
    expect(typesOf(testGroup.when(step))).to.deep.equal(['RoleChanged', 'RoleChanged'])
    expect(testGroup.active().users.get(alice.user)?.role).to.equal('admin')
  })

  it('is for members only', async () => {
    const { testGroup, alice } = await trio()
    const stranger = await makeClient(testGroup.world)
    expect(codeOf(testGroup.when(changeRole({ by: alice, user: stranger.user, role: 'admin' })))).to.equal(
      'no-such-user',
    )
  })
})

describe('the expiry of messages', () => {
  it('moves forward only, also in a deleted group', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    expect(typesOf(testGroup.when(expireMessages({ upToRevision: 5 })))).to.deep.equal(['MessagesExpired'])
    expect(testGroup.when(expireMessages({ upToRevision: 5 }))).to.deep.equal([])
    cut(testGroup, [alice.client, bob.client, carol.client])
    expect(testGroup.when(expireMessages({ upToRevision: 4 }))).to.deep.equal([])
    expect(typesOf(testGroup.when(expireMessages({ upToRevision: 9 })))).to.deep.equal(['MessagesExpired'])
  })
})
