/** Who of a group can be pushed, kept for the groups that talk: looked up once, and again only when something of it changed. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import type { PushPolicy } from '#src/events/push.js'
import type { GroupId, QueueId } from '#src/mls/wire/ids.js'
import type { Position } from '#src/ports/position.js'
import { recipientsIn } from '#src/projections/queues/recipients.js'
import { workingSet } from '#src/projections/workingSet.js'
import { keepMembers } from '#src/push/members.js'
import { changeQueue } from '#src/push/queueRows.js'
import { pushSchema } from '#src/push/schema.js'
import { groupNumber, leaf, logId, makeWorld, occupant, queueNumber } from '../projections/queues/world.js'

const [alice, bob, carol] = [queueNumber(1), queueNumber(2), queueNumber(3)]
const [friends, family] = [groupNumber(1), groupNumber(2)]

const membersWorld = async (membersMax?: number) => {
  const world = await makeWorld()
  const rows = workingSet(await openMemoryReadModels().open(pushSchema, logId), pushSchema.tables)
  const levels: Position[] = []
  const level = async (position: Position): Promise<void> => {
    levels.push(position)
    while ((await world.model.checkpoint()) < position) await world.project(1)
  }
  const kept = { recipients: recipientsIn(world.model), level }
  const members = keepMembers(membersMax === undefined ? kept : { ...kept, membersMax })
  const subscribe = (queue: QueueId): Promise<void> => {
    const data = { queue, subscription: `of ${queue}`, sealed: 'AAAA', mark: 'AAAA', vapidKey: 'AAAA' }
    return changeQueue({ type: 'PushSubscribed', data }, rows)
  }
  const policy = (queue: QueueId, by: PushPolicy, groups: Record<string, PushPolicy> = {}): Promise<void> =>
    changeQueue({ type: 'PushPolicyChanged', data: { queue, default: by, groups } }, rows)
  /** A group of these queues, at the leaves in their order; answers where that stands. */
  const groupOf = async (group: GroupId, ...queues: readonly QueueId[]): Promise<Position> => {
    for (const queue of queues) await world.createQueue(queue)
    await world.createGroup(group, queues[0])
    const added = queues.slice(1).map((queue, at) => ({ ...leaf(at + 1, queue), keyPackageRef: 'AAAA' }))
    return world.commit(group, 1, { added })
  }
  const remove = (group: GroupId, leafIndex: number): Promise<Position> =>
    world.commit(group, 2, { removed: [occupant(leafIndex)] })
  const of = async (group: GroupId, position: Position): Promise<readonly string[]> =>
    (await members.of(group, position, rows)).map(({ queue, policy: by }) => `${queue.slice(-3)} ${by}`).sort()
  return { world, members, levels, subscribe, policy, groupOf, remove, of }
}
const called = (queue: QueueId, by: PushPolicy = 'all'): string => `${queue.slice(-3)} ${by}`

describe('the members that pushes know', () => {
  it('are those with a receiver, each with what it says of the group; who says none is not among them', async () => {
    const { subscribe, policy, groupOf, of } = await membersWorld()
    const at = await groupOf(friends, alice, bob, carol)
    await subscribe(bob)
    await subscribe(carol)
    await policy(alice, 'all')
    await policy(carol, 'all', { [friends]: 'targeted', [family]: 'none' })
    expect(await of(friends, at)).to.deep.equal([called(bob), called(carol, 'targeted')])
    expect(await of(family, await groupOf(family, bob, carol))).to.deep.equal([called(bob)])
  })

  it('are looked up once for a group, as soon as the read model is as far', async () => {
    const { world, subscribe, groupOf, levels, of } = await membersWorld()
    await subscribe(bob)
    const at = await groupOf(friends, alice, bob)
    const said = await world.message(friends, 1, 'one')
    expect(await of(friends, at)).to.deep.equal([called(bob)])
    expect(await of(friends, said)).to.deep.equal([called(bob)])
    expect(levels).to.deep.equal([at])
  })

  it('are looked up again once the group was forgotten, which another group is not by it', async () => {
    const { world, members, subscribe, groupOf, remove, levels, of } = await membersWorld()
    await subscribe(bob)
    const [first, second] = [await groupOf(friends, alice, bob), await groupOf(family, alice, bob)]
    expect(await of(friends, first)).to.deep.equal([called(bob)])
    expect(await of(family, second)).to.deep.equal([called(bob)])
    await remove(friends, 1)
    members.forgetGroup(friends)
    const later = await world.message(friends, 2, 'one')
    expect(await of(friends, later)).to.deep.equal([])
    expect(await of(family, later)).to.deep.equal([called(bob)])
    expect(levels).to.have.length(3)
  })

  it('have among them who left after that position, for messages that stand before', async () => {
    const { world, subscribe, groupOf, remove, of } = await membersWorld()
    await subscribe(bob)
    const at = await groupOf(friends, alice, bob)
    await remove(friends, 1)
    while ((await world.project()) > 0);
    expect(await of(friends, at)).to.deep.equal([called(bob)])
  })

  it('are looked up again in every group of a queue whose owner said something, and in no other', async () => {
    const { members, subscribe, policy, groupOf, levels, of } = await membersWorld()
    for (const queue of [bob, carol]) await subscribe(queue)
    await groupOf(friends, alice, bob)
    await groupOf(family, alice, bob)
    const others = groupNumber(3)
    const at = await groupOf(others, alice, carol)
    for (const group of [friends, family, others]) await of(group, at)
    levels.splice(0)
    await policy(bob, 'none')
    await members.forgetQueue(bob, at)
    expect(await Promise.all([friends, family, others].map((group) => of(group, at)))).to.deep.equal([
      [],
      [],
      [called(carol)],
    ])
    expect(levels, 'to know its groups, and of the two').to.deep.equal([at, at, at])
  })

  it('make nobody wait for the read model where no group is known', async () => {
    const { members, groupOf, levels } = await membersWorld()
    await members.forgetQueue(bob, await groupOf(friends, alice, bob))
    expect(levels).to.deep.equal([])
  })

  it('are kept up to a number, a group counting one more than it has: what nobody asked for longest goes', async () => {
    const { subscribe, groupOf, levels, of } = await membersWorld(4)
    await subscribe(bob)
    const others = groupNumber(3)
    await groupOf(friends, alice, bob)
    await groupOf(family, alice, bob)
    const at = await groupOf(others, alice, bob)
    for (const group of [friends, family, friends, others, friends]) await of(group, at)
    expect(levels).to.have.length(3)
    await of(family, at)
    expect(levels).to.have.length(4)
  })
})
