/** Two processes over one log: what one was told, the other knows before it decides. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { groupStream } from '#src/events/group.js'
import { commitOf, makeClient, makeWorld, messageOf, remove } from '../commands/mlsFixture.js'
import { startHouse } from './groupHouse.js'
import type { House } from './groupHouse.js'
import { at, circle, createdBy, postCommit } from './groupPeople.js'

describe('two processes over one log', () => {
  let one: House
  let two: House
  const events = { ...openMemoryEventStore(), exclusive: false }
  before(async () => {
    const world = await makeWorld()
    one = await startHouse({ world, events })
    two = await startHouse({ world, events })
  })
  after(async () => {
    await one.close()
    await two.close()
    await events.close()
  })

  it('refuse a removed member that sends through the one that has not seen the removal', async () => {
    const all = await circle(one)
    const { group, alice, bob } = all
    const first = await messageOf(all.of(bob), 'still a member')
    const send = (house: House, mls: Uint8Array) => house.ask(bob, 'POST', at(group, '/messages'), { mls })
    expect((await send(two, first.message)).status).to.equal(201)
    expect((await postCommit(one, alice, group, await commitOf(all.of(alice), [remove(1)]))).status).to.equal(201)
    const refused = await send(two, (await messageOf(first.state, 'not any more')).message)
    expect([refused.status, refused.body['code']]).to.deep.equal([403, 'not-a-member'])
  })

  it('let one Commit of an epoch win, whichever they reach', async () => {
    const alice = await makeClient(one.world)
    const { group, state } = await createdBy(one, alice)
    const made = await Promise.all(Array.from({ length: 20 }, () => commitOf(state)))
    const answers = await Promise.all(
      made.map((commit, index) => postCommit(index % 2 === 0 ? one : two, alice, group, commit)),
    )
    const codes = answers.map(({ status, body }) => (status === 201 ? 'won' : body['code']))
    expect(codes.filter((code) => code === 'won')).to.have.length(1)
    expect(codes.filter((code) => code === 'wrong-epoch')).to.have.length(19)
    expect(answers.filter(({ body }) => typeof body['winningCommit'] === 'string')).to.have.length(19)
    expect(await events.readStream(groupStream(group))).to.have.length(3)
  })

  it('know another server’s group from their own, whatever its random part', async () => {
    const { group, bob } = await circle(one)
    const foreign = group.replace('example.org', 'example.net') as typeof group
    expect((await one.ask(bob, 'GET', at(group))).status).to.equal(200)
    const refused = await one.ask(bob, 'GET', at(foreign))
    expect([refused.status, refused.body['code']]).to.deep.equal([404, 'no-such-group'])
  })
})
