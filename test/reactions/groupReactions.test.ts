/** What happens in groups because something happened elsewhere, or because time passed. */
import { expect } from 'chai'
import { initialiseServer, noteDowntime, serverAggregate } from '#src/commands/server/server.js'
import { serverStream } from '#src/events/server.js'
import { limitDefaults } from '#src/limits/limits.js'
import { groupAggregate } from '#src/commands/group/group.js'
import type { ActiveGroup } from '#src/commands/group/fold/state.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { queueStream } from '#src/events/queue.js'
import { userStream } from '#src/events/user.js'
import type { Json } from '#src/events/form/json.js'
import type { GroupId, QueueId, UserId } from '#src/mls/wire/ids.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Position } from '#src/ports/position.js'
import { groupReactions } from '#src/reactions/groupReactions.js'
import { makeReactions } from '#src/reactions/runner.js'
import type { Reactions } from '#src/reactions/runner.js'
import { sweepCommandOf } from '#src/reactions/rule.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { startHouse } from '../api/groupHouse.js'
import type { House } from '../api/groupHouse.js'
import { at, circle, commitBy, postCommit } from '../api/groupPeople.js'
import {
  add,
  commitOf,
  domain,
  externalCommitOf,
  keyPackageOf,
  makeClient,
  messageOf,
  now,
  random,
  remove,
} from '../commands/mlsFixture.js'
import type { TestClient } from '../commands/mlsFixture.js'

const dayMs = 24 * 60 * 60 * 1_000

describe('reactions in groups', () => {
  let house: House
  let reactions: Reactions
  let running: Promise<void>
  let sweeps: ReturnType<typeof groupReactions>['sweeps']
  const stop = new AbortController()
  const gone = new Map<string, 'clientRemoved' | 'userDeleted'>()
  const logger = jsonLog('error', () => undefined, Date.now)

  before(async () => {
    house = await startHouse()
    const { rules, sweeps: all } = groupReactions({
      domain,
      accountOf: (user, client) => Promise.resolve(gone.get(client) ?? gone.get(user) ?? 'live'),
      queueIsLive: house.queueIsLive,
      open: house.open,
      events: house.events,
      runners: [house.runner],
      runner: house.runner,
      groups: house.groups,
      blobs: house.blobs,
      namedBy: [(digest) => house.groups.namesBlob(digest)],
      level: house.level,
      limits: limitDefaults,
    })
    sweeps = all
    reactions = makeReactions({
      rules,
      sweeps: [],
      mayDestroy: () => Promise.resolve(true),
      events: house.events,
      streams: house.streams,
      checkpoints: house.checkpoints,
      leases: house.leases,
      clock: systemClock,
      logger,
      logId: 'log1',
      holder: 'test',
      begin: 'origin',
      blinded: (id) => `blinded ${id}`,
    })
    running = reactions.run(stop.signal)
  })
  after(async () => {
    stop.abort()
    await running
    await house.close()
  })

  let events = 0
  const happens = async (stream: string, type: string, data: Json): Promise<void> => {
    const id = `00000000-0000-4000-8000-${String(++events).padStart(12, '0')}`
    const meta = { v: 1, at: now, command: id, bodyHash: '' }
    await house.events.append(stream, [{ id, type, data, meta }], 'any')
    await settled()
  }
  const settled = async (): Promise<void> => {
    const head: Position = await house.events.head()
    expect(await reactions.reached(head, 10_000)).to.equal(true)
    // What the reactions appended themselves is answered too.
    if ((await house.events.head()) > head) await settled()
    expect(reactions.status().parked).to.deep.equal([])
  }
  const sweep = async (name: string, time: number): Promise<void> => {
    await house.level()
    const found = sweeps.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no sweep ${name}`)
    const command = (target: string) => sweepCommandOf(name, time, target)
    await found.sweep({ streams: house.streams, logger, command, now: time, signal: stop.signal })
    await settled()
    await house.level()
  }
  const stateOf = async (group: GroupId): Promise<ActiveGroup> => {
    const { state } = await house.streams.read(groupAggregate, groupStream(group))
    if (state.status !== 'active') throw new Error(state.status)
    return state
  }
  const removedClient = ({ user, client }: TestClient): Promise<void> => {
    gone.set(client, 'clientRemoved')
    const directQueue = makeId('queue', domain, random(16))
    return happens(userStream(user), 'ClientRemoved', { user, client, directQueue, reason: 'requested', serials: [] })
  }
  const deletedUser = (user: UserId, clients: readonly TestClient[]): Promise<void> => {
    gone.set(user, 'userDeleted')
    return happens(userStream(user), 'UserDeleted', {
      user,
      handleHash: 'h',
      clients: clients.map(({ client }) => client),
      directQueues: [],
      serials: [],
    })
  }
  const deletedQueue = (queue: QueueId): Promise<void> => {
    house.world.goneQueues.add(queue)
    return happens(queueStream(queue), 'QueueDeleted', { queue, reason: 'requested' })
  }

  it('a removed client is cut off in every group', async () => {
    const one = await circle(house)
    const { group, alice, bob, carol } = one
    await removedClient(bob)
    expect((await stateOf(group)).required.get(1)).to.deep.equal({
      occupant: { leafIndex: 1, user: bob.user, client: bob.client },
      reason: 'clientRemoved',
    })
    const refused = await postCommit(house, alice, group, await commitOf(one.of(alice)))
    expect([refused.body['code'], refused.body['leaves']]).to.deep.equal(['commit-missing-proposals', [1]])
    expect((await commitBy(one, alice, [remove(1)], [carol])).status).to.equal(201)
    const { message } = await messageOf(one.of(bob), 'still here?')
    expect((await house.ask(bob, 'POST', at(group, '/messages'), { mls: message })).status).to.equal(403)
  })

  it('a deleted user is cut off with all its clients, and somebody becomes admin', async () => {
    const { group, alice, bob } = await circle(house)
    await deletedUser(alice.user, [alice])
    const state = await stateOf(group)
    expect(state.required.get(0)?.reason).to.equal('userDeleted')
    expect(state.users.get(bob.user)?.role).to.equal('admin')
  })

  it('a Commit that adds a client already removed leads there too', async () => {
    const all = await circle(house)
    const { group, alice } = all
    const dave = await makeClient(house.world)
    gone.set(dave.client, 'clientRemoved')
    const made = await commitOf(all.of(alice), [add(await keyPackageOf(house.world, dave))])
    expect((await postCommit(house, alice, group, made)).status).to.equal(201)
    await settled()
    expect((await stateOf(group)).required.get(3)?.reason).to.equal('clientRemoved')
  })

  it('a queue that is gone takes the leaves with it that name it, and only those', async () => {
    const all = await circle(house)
    const { group, bob } = all
    await deletedQueue(bob.queue)
    const state = await stateOf(group)
    expect([...state.required.values()].map(({ occupant, reason }) => [occupant.client, reason])).to.deep.equal([
      [bob.client, 'queueGone'],
    ])
  })

  it('a queue that is gone before the Commit that names it is seen as well', async () => {
    const all = await circle(house)
    const dave = await makeClient(house.world)
    const made = await commitOf(all.of(all.alice), [add(await keyPackageOf(house.world, dave))])
    expect((await postCommit(house, all.alice, all.group, made)).status).to.equal(201)
    // The policy found it alive; by the time the reaction looks it is not.
    house.world.goneQueues.add(dave.queue)
    await settled()
    const reasons = [...(await stateOf(all.group)).required.values()].map(({ reason }) => reason)
    expect(reasons.every((reason) => reason === 'queueGone')).to.equal(true)
  })

  it('a certificate that has ended acts by removal', async () => {
    const all = await circle(house)
    const dave = await makeClient(house.world, undefined, { notAfter: now + 10 * dayMs })
    const made = await commitOf(all.of(all.alice), [add(await keyPackageOf(house.world, dave))])
    expect((await postCommit(house, all.alice, all.group, made)).status).to.equal(201)
    await sweep('expireLeaves', now + 9 * dayMs)
    expect((await stateOf(all.group)).required.size).to.equal(0)
    // It may be renewed for another day.
    await sweep('expireLeaves', now + 11 * dayMs - 2_000)
    expect((await stateOf(all.group)).required.size).to.equal(0)
    await sweep('expireLeaves', now + 11 * dayMs + 1_000)
    expect((await stateOf(all.group)).required.get(3)?.reason).to.equal('expired')
  })

  it('a leaf that was not renewed before its lifetime ended acts by removal, and may come back by itself', async () => {
    const all = await circle(house)
    const { group, alice, bob, carol } = all
    expect((await commitBy(all, carol, [], [alice, bob])).status).to.equal(201)
    expect((await commitBy(all, alice, [], [bob, carol])).status).to.equal(201)
    await sweep('expireLeaves', now + 29 * dayMs)
    expect((await stateOf(group)).required.size).to.equal(0)
    await sweep('expireLeaves', now + 32 * dayMs)
    const required = [...(await stateOf(group)).required.values()]
    expect(required.map(({ occupant, reason }) => [occupant.client, reason])).to.deep.equal([[bob.client, 'expired']])
    const left = await commitOf(all.of(carol))
    expect((await postCommit(house, carol, group, left)).body).to.deep.include({ code: 'commit-missing-proposals' })
    const back = await externalCommitOf(house.world, bob, all.of(alice), { resync: true })
    expect((await postCommit(house, bob, group, back)).status).to.equal(201)
    await sweep('expireLeaves', now + 32 * dayMs)
    expect((await stateOf(group)).required.size).to.equal(0)
  })

  it('a leaf that ended while the server was down has its whole grace after that', async () => {
    const all = await circle(house)
    const dave = await makeClient(house.world, undefined, { notAfter: now + 10 * dayMs })
    const made = await commitOf(all.of(all.alice), [add(await keyPackageOf(house.world, dave))])
    expect((await postCommit(house, all.alice, all.group, made)).status).to.equal(201)
    const command = (id: string) => ({ id, bodyHash: '', at: now })
    const initial = { domain, logId: 'log1', keysFingerprint: 'k' }
    await house.streams.execute(serverAggregate, serverStream, command('init'), initialiseServer(initial))
    const down = { from: now + 9 * dayMs, until: now + 15 * dayMs }
    await house.streams.execute(serverAggregate, serverStream, command('down'), noteDowntime(down))
    await sweep('expireLeaves', now + 15 * dayMs)
    expect((await stateOf(all.group)).required.size).to.equal(0)
    const view = await house.ask(all.bob, 'GET', at(all.group))
    const members = view.body['members'] as readonly { readonly clients: readonly { readonly ends?: number }[] }[]
    const ends = members.flatMap(({ clients }) => clients.map((client) => client.ends))
    expect(ends.filter((one) => one !== undefined && one > now + 29 * dayMs)).to.have.length.greaterThan(0)
    await sweep('expireLeaves', now + 16 * dayMs)
    expect((await stateOf(all.group)).required.get(3)?.reason).to.equal('expired')
  })

  it('messages go when their retention is over: an event first, then the stream', async () => {
    const all = await circle(house)
    const { group, alice, bob } = all
    await house.ask(alice, 'PUT', at(group, '/settings'), { json: { retentionMs: 60_000 } })
    let state = all.of(bob)
    for (const word of ['one', 'two', 'three']) {
      const made = await messageOf(state, word)
      state = made.state
      expect((await house.ask(bob, 'POST', at(group, '/messages'), { mls: made.message })).status).to.equal(201)
    }
    await sweep('expireMessages', Date.now() + 30_000)
    expect(await house.events.readStream(messagesStream(group))).to.have.length(3)
    await sweep('expireMessages', Date.now() + 62_000)
    // A store keeps the last event of a stream, so that its revisions never begin anew.
    const left = await house.events.readStream(messagesStream(group))
    expect(left.map(({ revision }) => revision)).to.deep.equal([2])
    expect((await stateOf(group)).expiredUpTo).to.equal(2)
    const last = (await house.events.readStream(groupStream(group))).at(-1)
    const upToPosition = left[0]?.position
    expect([last?.type, last?.data]).to.deep.equal(['MessagesExpired', { group, upToRevision: 2, upToPosition }])
    const before = await house.events.head()
    await sweep('expireMessages', Date.now() + 70_000)
    expect(await house.events.head()).to.equal(before)
  })

  it('messages for some only are counted as they go, and those that went before are not counted again', async () => {
    const all = await circle(house)
    const { group, alice, bob } = all
    await house.ask(alice, 'PUT', at(group, '/settings'), { json: { retentionMs: 60_000 } })
    let state = all.of(bob)
    const say = async (targets?: readonly number[]): Promise<void> => {
      const made = await messageOf(state, 'hello')
      state = made.state
      const headers = targets === undefined ? {} : { headers: { targets: targets.join() } }
      const { status } = await house.ask(bob, 'POST', at(group, '/messages'), { mls: made.message, ...headers })
      expect(status).to.equal(201)
    }
    const lastTargeted = async (): Promise<unknown> =>
      ((await house.events.readStream(groupStream(group))).at(-1)?.data as { targeted?: unknown }).targeted
    await say([0, 2])
    await say()
    await say([2])
    await house.ask(alice, 'PUT', at(group, '/settings'), { json: { retentionMs: 61_000 } })
    await sweep('expireMessages', Date.now() + 62_000)
    expect(await lastTargeted()).to.deep.equal({
      count: 2,
      leaves: [
        [0, 1],
        [2, 2],
      ],
    })
    await say([1])
    await sweep('expireMessages', Date.now() + 62_000)
    expect(await lastTargeted()).to.deep.equal({ count: 1, leaves: [[1, 1]] })
    await say()
    await sweep('expireMessages', Date.now() + 62_000)
    expect(await lastTargeted()).to.equal(undefined)
  })

  it('blobs that nothing names are swept, once they are a day old', async () => {
    const all = await circle(house)
    const orphan = await house.blobs.put(Uint8Array.of(1, 2, 3))
    await commitBy(all, all.alice, [], [all.bob])
    const named = (await stateOf(all.group)).groupInfo.digest
    await sweep('sweepBlobs', Date.now() + dayMs / 2)
    expect(await house.blobs.get(orphan)).not.to.equal(undefined)
    await sweep('sweepBlobs', Date.now() + 2 * dayMs)
    expect(await house.blobs.get(orphan)).to.equal(undefined)
    expect(await house.blobs.get(named)).not.to.equal(undefined)
    const welcome = (await house.log()).findLast(
      (event) => event.type === 'CommitAccepted' && event.data.welcome !== undefined,
    )
    if (welcome?.type !== 'CommitAccepted') throw new Error('no Welcome')
    expect(await house.blobs.get(welcome.data.welcome?.digest ?? '')).not.to.equal(undefined)
  })
})
