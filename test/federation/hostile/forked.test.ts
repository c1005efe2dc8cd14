/** A hub that tells its followers different things: whoever is told what does not follow on what it has stops, and says so. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import type { Item } from '#src/federation/item.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { commitItem } from '#src/federation/wire/itemContents.js'
import { withoutHeader } from '#src/federation/wire/mlsObjects.js'
import { addOf, bundleOf } from '../../commands/forgedPeople.js'
import { commitOf, found, groupAt, message } from '../../simulation/federation/hub.js'
import { policy } from '../../simulation/federation/people.js'
import type { Server } from '../../simulation/federation/server.js'
import { openThree } from './threeServers.js'
import type { Three } from './threeServers.js'

describe('a history that was forked', () => {
  let three: Three
  beforeEach(async () => {
    three = await openThree()
    // Both take what they are sent; what the hub tells them apart is a test's business.
    three.notify = (peer, group, items) =>
      serverOf(peer).record().record({ hub: three.hub.server.domain, group }, items)
    for (const server of [three.honest, three.hostile]) await three.reaches(server)
  })
  const serverOf = (domain: string): Server => (domain === three.honest.domain ? three.honest : three.hostile)

  /** A Commit of alice’s that the hub never accepted, for the epoch that all are in. */
  const otherCommit = async (sequence: number): Promise<Item> => {
    const { mls, clients } = (await groupAt(three.hub, three.group))!
    const [alice] = three.people
    const bundle = bundleOf(mls, alice, clients.get(alice.client), [], policy)!
    const fanout = { type: 'commit', timestamp: 1, message: bundle.commit, externalProposals: [] } as const
    const content = { commit: fanout, welcome: undefined, groupInfo: withoutHeader(bundle.groupInfo) }
    return { sequence, kind: 'commit', events: [], bytes: encodeBody(commitItem, content) }
  }
  const epochAt = async (server: Server) => (await groupAt({ server }, three.group))?.mls.epoch
  const nextFor = (server: Server): number => three.sentTo(server).at(-1)!.sequence + 1

  it('is found where the two histories meet: that follower stops, all others go on', async () => {
    const { hub, group, honest, hostile: misled, people } = three
    const from = { hub: hub.server.domain, group }
    const next = nextFor(misled)
    expect(await misled.record().record(from, [await otherCommit(next)])).to.deep.equal({
      status: 'recorded',
      next: next + 1,
    })
    // What all others are told of that epoch, and what follows on it.
    await commitOf(hub, group, people[0], [])
    await commitOf(hub, group, people[0], [])
    expect(await three.reaches(honest)).to.equal(true)
    expect([await epochAt(honest), await epochAt(misled)]).to.deep.equal([4n, 3n])
    await three.reaches(misled)
    expect([...misled.record().broken().keys()]).to.deep.equal([group])
    expect(
      hub.server
        .worker()
        .status()
        .stopped.map(({ peer }) => peer),
    ).to.deep.equal([misled.domain])
    expect(await epochAt(misled)).to.equal(3n)
    const before = await misled.events.last(groupStream(group))
    await message(hub, group)
    expect(await three.reaches(honest)).to.equal(true)
    expect(await misled.events.last(groupStream(group))).to.deep.equal(before)
  })

  it('stops that group alone', async () => {
    const { hub, group, hostile: misled, people } = three
    const other = await found(hub, people[0])
    await commitOf(hub, other, people[0], [addOf(people[2])])
    await misled.record().record({ hub: hub.server.domain, group }, [await otherCommit(nextFor(misled))])
    await commitOf(hub, group, people[0], [])
    await commitOf(hub, group, people[0], [])
    await message(hub, other)
    await three.reaches(misled)
    expect([...misled.record().broken().keys()]).to.deep.equal([group])
    expect((await groupAt({ server: misled }, other))?.mls.epoch).to.equal(1n)
    expect((await misled.events.readStream(messagesStream(other), { from: 0, limit: 9 })).length).to.equal(1)
  })

  it('is none where a number is sent again with another content: what is recorded stays', async () => {
    const { hub, group, honest } = three
    await message(hub, group)
    await three.reaches(honest)
    const before = await honest.events.readAll({ after: 0 as never, limit: 500 })
    const from = { hub: hub.server.domain, group }
    const [join, ...others] = three.sentTo(honest)
    const { next } = (await honest.record().record(from, [join!])) as { readonly next: number }
    for (const { sequence } of [join!, ...others]) {
      const other = await otherCommit(sequence)
      expect(await honest.record().record(from, [other])).to.deep.equal({ status: 'recorded', next })
    }
    expect(await honest.events.readAll({ after: 0 as never, limit: 500 })).to.deep.equal(before)
    expect(honest.record().broken().size).to.equal(0)
  })

  it('is asked for again and not taken where it is ahead of what is recorded', async () => {
    const { hub, group, honest } = three
    const from = { hub: hub.server.domain, group }
    const next = nextFor(honest)
    expect(await honest.record().record(from, [await otherCommit(next + 1)])).to.deep.equal({
      status: 'unexpected',
      next,
    })
    expect(await epochAt(honest)).to.equal(2n)
  })
})
