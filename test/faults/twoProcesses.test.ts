/** Two processes on one log: what one has answered holds in the other at once, though that one does not read the group again. */
import { expect } from 'chai'
import { messageOf, remove } from '../commands/mlsFixture.js'
import type { TestClient } from '../commands/mlsFixture.js'
import { given, type Given } from '../adapters/eventStoreDB/given.js'
import { startHouse } from '../api/groupHouse.js'
import type { House } from '../api/groupHouse.js'
import { at, circle, commitBy } from '../api/groupPeople.js'
import type { Circle } from '../api/groupPeople.js'

const rounds = 8

describe('of two processes on one log', () => {
  let here: Given
  let one: House
  let two: House
  before(async () => {
    here = await given()
    one = await startHouse({ events: here.open() })
    two = await startHouse({ events: here.open(), world: one.world })
  })
  after(async () => {
    await Promise.all([one.close(), two.close()])
    await here.close()
  })

  const post = async (house: House, { group }: Circle, by: TestClient, mls: Uint8Array, key?: string) =>
    house.ask(by, 'POST', at(group, '/messages'), { mls, ...(key === undefined ? {} : { key }) })
  /** One after another, until one is refused or `enough` of them were sent. */
  const sendOn = async (
    people: Circle,
    by: TestClient,
    enough: () => boolean,
  ): Promise<readonly (number | string)[]> => {
    const heard: (number | string)[] = []
    while (!enough()) {
      const { status, body } = await post(two, people, by, (await messageOf(people.of(by), 'on')).message)
      heard.push(status === 201 ? status : String(body['code']))
    }
    return heard
  }

  it('none lets somebody send whom the other removed, from the moment in which that is answered', async () => {
    for (let round = 0; round < rounds; round++) {
      const people = await circle(one)
      const { bob, alice, of } = people
      const { message } = await messageOf(of(bob), 'let in')
      expect(await post(two, people, bob, message)).to.have.property('status', 201)
      let isRemoved = false
      const sending = sendOn(people, bob, () => isRemoved)
      expect(await commitBy(people, alice, [remove(1)])).to.have.property('status', 201)
      isRemoved = true
      const [late, again] = await Promise.all([
        post(two, people, bob, (await messageOf(of(bob), 'late')).message),
        post(two, people, bob, message),
      ])
      expect([late.status, late.body['code']]).to.deep.equal([403, 'not-a-member'])
      expect(again.status).to.equal(403)
      for (const heard of await sending) expect(heard).to.be.oneOf([201, 'not-a-member'])
    }
  })

  it('each lets a message of the newest epoch in as soon as the other has answered its Commit', async () => {
    const people = await circle(one)
    const { alice, bob, of } = people
    for (let round = 0; round < rounds; round++) {
      expect(await commitBy(people, alice, [], [bob])).to.have.property('status', 201)
      const sent = await post(two, people, bob, (await messageOf(of(bob), 'newest')).message)
      expect([sent.status, sent.body['code']]).to.deep.equal([201, undefined])
    }
  })

  it('each answers a repeated send as it was answered first, and refuses another under its key', async () => {
    const people = await circle(one)
    const { alice, bob, of } = people
    const [first, other] = [await messageOf(of(bob), 'first'), await messageOf(of(bob), 'other')]
    const sent = await post(one, people, bob, first.message, 'k')
    await commitBy(people, alice, [remove(1)])
    const again = await post(two, people, bob, first.message, 'k')
    expect([again.status, again.body]).to.deep.equal([201, sent.body])
    expect((await post(two, people, bob, other.message, 'k')).body['code']).to.equal('idempotency-mismatch')
  })

  it('none reads a group again for each message, while nothing is heard of it', async () => {
    const people = await circle(one)
    const { bob, of } = people
    const send = async () => post(two, people, bob, (await messageOf(of(bob), 'many')).message)
    expect(await send()).to.have.property('status', 201)
    const before = here.server.streamReadCount()
    const sent = await Promise.all(Array.from({ length: 20 }, send))
    expect(sent.map(({ status }) => status)).to.deep.equal(sent.map(() => 201))
    expect(here.server.streamReadCount() - before).to.equal(0)
  })
})
