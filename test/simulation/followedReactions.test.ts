/** In a group of another server no reaction decides: every rule and sweep that acts on groups is asked, and writes nothing there. */
import { expect } from 'chai'
import { groupAggregate } from '#src/commands/group/group.js'
import type { AnyEvent } from '#src/events/anyEvent.js'
import { followedStream } from '#src/events/followed.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { placedOf } from '#src/items/placed.js'
import type { Placed } from '#src/items/placed.js'
import { limitDefaults } from '#src/limits/limits.js'
import type { Notify } from '#src/federation/item.js'
import type { ClientId, GroupId, UserId } from '#src/mls/wire/ids.js'
import { domainOf, makeId } from '#src/mls/wire/ids.js'
import type { EventStore, StoredEvent } from '#src/ports/eventStore.js'
import { toPosition } from '#src/ports/position.js'
import { groupReactions } from '#src/reactions/groupReactions.js'
import { commandOf, sweepCommandOf } from '#src/reactions/rule.js'
import { forgedNow } from '../mls/forge.js'
import { silentLogger } from '../support/silentLogger.js'
import { commit, found, groupAt, message } from './federation/hub.js'
import type { Hub } from './federation/hub.js'
import { crowdOf } from './federation/people.js'
import { chanceOf } from './federation/random.js'
import { openServer } from './federation/server.js'
import type { Server } from './federation/server.js'
import { domainsOf } from './federation/simulate.js'

describe('a group of another server', () => {
  let follower: Server
  let group: GroupId
  let theirs: { user: UserId; client: ClientId }

  before(async () => {
    const [hubDomain, ownDomain] = domainsOf(2) as [Hub['server']['domain'], Hub['server']['domain']]
    const crowd = await crowdOf([hubDomain, ownDomain], 2)
    const chance = chanceOf(7)
    let now = forgedNow
    const clock = (): number => now
    const people = new Map([...crowd.values()].flat().map((person) => [person.client, person] as const))
    const notify: Notify = (_, to, items) => follower.record().record({ hub: hubDomain, group: to }, items)
    const server = await openServer({ domain: hubDomain, now: clock, chance, notify })
    follower = await openServer({ domain: ownDomain, now: clock, chance, notify })
    const hub: Hub = { server, chance, now: clock, people }
    group = await found(hub, crowd.get(hubDomain)![0]!)
    const isIn = async (): Promise<boolean> =>
      [...((await groupAt(hub, group))?.leaves.values() ?? [])].some(({ client }) => domainOf(client) === ownDomain)
    while (!(await isIn())) await commit(hub, group)
    await message(hub, group)
    await message(hub, group)
    for (let n = 0; n < 4; n++) {
      now += 2_000
      await server.project()
      await server.worker().round()
    }
    const state = await groupAt({ server: follower }, group)
    const own = [...state!.leaves.values()].find(({ client }) => domainOf(client) === ownDomain)!
    theirs = { user: own.user, client: own.client }
  })

  const lengths = async (): Promise<readonly number[]> => {
    const of = async (stream: string): Promise<number> => (await follower.events.last(stream))?.revision ?? -1
    return Promise.all([of(groupStream(group)), of(messagesStream(group))])
  }

  const reactions = () => {
    const leaf = { group, ...theirs, leafIndex: 0, changed: 0 }
    const leaves = (): Promise<readonly (typeof leaf)[]> => Promise.resolve([leaf])
    const truncated: string[] = []
    const events: Pick<EventStore, 'readStream' | 'truncate'> = {
      readStream: (stream, options) => follower.events.readStream(stream, options),
      truncate: (stream) => Promise.resolve(void truncated.push(stream)),
    }
    const reached = { reached: () => Promise.resolve(true) }
    const all = groupReactions({
      domain: follower.domain,
      accountOf: () => Promise.resolve('userDeleted'),
      queueIsLive: () => Promise.resolve(false),
      open: () => undefined,
      events,
      runners: [reached],
      runner: reached,
      groups: {
        leavesOfClient: leaves,
        leavesOfUser: leaves,
        leavesOfQueue: leaves,
        leavesExpired: leaves,
        messagesDue: () => Promise.resolve([{ group, upToRevision: 0 }]),
        namesBlob: () => Promise.resolve(true),
      } as never,
      blobs: follower.blobs,
      namedBy: [() => Promise.resolve(true)],
      level: () => Promise.resolve(true),
      limits: limitDefaults,
    } as never)
    return { ...all, truncated }
  }

  it('is followed, with its messages', async () => {
    const { state } = await follower.streams().read(groupAggregate, groupStream(group))
    expect(state).to.include({ status: 'active', hub: domainsOf(1)[0] })
    expect((await lengths())[1]).to.equal(1)
  })

  const ownFacts = async (): Promise<readonly StoredEvent[]> => follower.events.readStream(followedStream(group))

  it('is decided on by no rule, whatever happens to its members here: what its hub is to be asked goes on record', async () => {
    const before = await lengths()
    const { rules } = reactions()
    const facts = (await follower.events.readAll({ after: toPosition(0), limit: 500 })).map(placedOf)
    const made = (type: string, data: object): Placed => ({
      event: { type, data } as AnyEvent,
      ...{ position: toPosition(1), stream: 'user-x', revision: 0, id: type, at: forgedNow },
    })
    const happened = [
      ...facts,
      made('UserDeleted', { user: theirs.user }),
      made('ClientRemoved', { user: theirs.user, client: theirs.client, reason: 'requested' }),
      made('QueueDeleted', { queue: makeId('queue', follower.domain, new Uint8Array(16)) }),
    ]
    const react = async (): Promise<void> => {
      for (const rule of rules) {
        for (const placed of happened) {
          if (rule.answers?.some((type) => type === placed.event.type) === false) continue
          const command = (target: string) => commandOf(placed.id, rule.name, target, forgedNow)
          await rule.react(placed, { streams: follower.streams(), logger: silentLogger, command })
        }
      }
    }
    await react()
    expect(await lengths()).to.deep.equal(before)
    const asked = await ownFacts()
    const causes = ['UserDeleted', 'ClientRemoved', facts.find(({ event }) => event.type === 'GroupFollowed')?.id]
    expect(asked.map(({ meta }) => meta.cause)).to.include.members(causes)
    const theirsAre = (await groupAt({ server: follower }, group))!.clients.get(theirs.client)
    for (const { type, data, meta } of asked)
      expect({ type, data }).to.deep.equal({
        type: 'RemovalAsked',
        data: {
          group,
          leaves: [{ ...theirs, leafIndex: theirsAre }],
          reason: meta.cause === 'ClientRemoved' ? 'clientRemoved' : 'userDeleted',
        },
      })
    await react()
    expect(await ownFacts()).to.have.length(asked.length)
  })

  it('hears nothing of any sweep: one’s own copies go by a fact of one’s own', async () => {
    const before = await lengths()
    const { sweeps, rules, truncated } = reactions()
    const signal = new AbortController().signal
    for (const { name, sweep } of sweeps) {
      const command = (target: string) => sweepCommandOf(name, forgedNow, target)
      await sweep({ streams: follower.streams(), logger: silentLogger, command, now: forgedNow, signal })
    }
    expect(await lengths()).to.deep.equal(before)
    const [dropped, ...more] = (await ownFacts()).filter(({ type }) => type !== 'RemovalAsked')
    const at = (await follower.events.readStream(messagesStream(group)))[0]!.position
    expect(more).to.deep.equal([])
    expect(dropped?.data).to.deep.equal({ group, upToRevision: 0, upToPosition: at })
    const truncate = rules.find(({ name }) => name === 'truncateMessages')
    const context = { streams: follower.streams(), logger: silentLogger }
    const command = (target: string) => commandOf('cause', 'truncateMessages', target, forgedNow)
    await truncate?.react(placedOf(dropped as StoredEvent), { ...context, command })
    expect(truncated).to.deep.equal([messagesStream(group)])
  })
})
