/** Whom a message is for, over HTTP: taken as it was said, for few enough leaves, and not too often in one epoch. */
import { expect } from 'chai'
import { messagesStream } from '#src/events/messages.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { messageOf } from '../commands/mlsFixture.js'
import type { TestClient } from '../commands/mlsFixture.js'
import { startHouse } from './groupHouse.js'
import type { Answer, House } from './groupHouse.js'
import { at, circle, commitBy, text } from './groupPeople.js'

describe('a message for some only', () => {
  let house: House
  before(async () => {
    house = await startHouse({ limits: { targetsMax: 3, targetedPerEpochMax: 2 } })
  })
  after(() => house.close())

  const send = (by: TestClient, group: GroupId, message: Uint8Array, targets: unknown, key?: string): Promise<Answer> =>
    house.ask(by, 'POST', at(group, '/messages'), {
      json: { message: text(message), targets },
      ...(key === undefined ? {} : { key }),
    })
  const stored = async (group: GroupId): Promise<readonly unknown[]> =>
    (await house.events.readStream(messagesStream(group))).map(({ data }) => (data as { targets?: unknown }).targets)

  it('stands in the log with its leaves, as JSON and beside message/mls', async () => {
    const { group, bob, of } = await circle(house)
    const { message } = await messageOf(of(bob), 'hello')
    expect((await send(bob, group, message, [2, 0])).status).to.equal(201)
    const beside = { mls: message, headers: { targets: '0, 1,2' } }
    expect((await house.ask(bob, 'POST', at(group, '/messages'), beside)).status).to.equal(201)
    expect((await house.ask(bob, 'POST', at(group, '/messages'), { mls: message })).status).to.equal(201)
    expect(await stored(group)).to.deep.equal([[2, 0], [0, 1, 2], undefined])
  })

  it('is refused with what are no leaves, too many of them, or one twice', async () => {
    const { group, bob, of } = await circle(house)
    const { message } = await messageOf(of(bob), 'hello')
    for (const wrong of [[], [-1], [1.5], ['1'], [2 ** 32], [1, 1], '1', null]) {
      const { status, body } = await send(bob, group, message, wrong)
      expect([status, body['code']], JSON.stringify(wrong)).to.deep.equal([400, 'malformed'])
    }
    for (const targets of ['', '1;2', '1,,2', '-1', '0x1', '99999999999', '1,1']) {
      const { status, body } = await house.ask(bob, 'POST', at(group, '/messages'), {
        mls: message,
        headers: { targets },
      })
      expect([status, body['code']], targets).to.deep.equal([400, 'malformed'])
    }
    const { status, body } = await send(bob, group, message, [0, 1, 2, 3])
    expect([status, body['code'], body['limit'], body['max']]).to.deep.equal([429, 'limit-reached', 'targetsMax', 3])
    expect(await stored(group)).to.deep.equal([])
  })

  it('is taken so often in an epoch and no more, repeats apart; others and other epochs have their own', async () => {
    const scene = await circle(house)
    const { group, alice, bob, carol, of } = scene
    const { message } = await messageOf(of(bob), 'hello')
    const codeOf = async (answer: Promise<Answer>): Promise<unknown> =>
      (await answer).body['limit'] ?? (await answer).status
    expect(await codeOf(send(bob, group, message, [0], 'k'))).to.equal(201)
    expect(await codeOf(send(bob, group, message, [0], 'k'))).to.equal(201)
    expect(await codeOf(send(bob, group, message, [2], 'k'))).to.equal(422)
    expect(await codeOf(send(bob, group, message, [0]))).to.equal(201)
    expect(await codeOf(send(bob, group, message, [0]))).to.equal('targetedPerEpochMax')
    expect(await codeOf(send(bob, group, message, [0], 'k'))).to.equal(201)
    expect(await codeOf(house.ask(bob, 'POST', at(group, '/messages'), { mls: message }))).to.equal(201)
    expect(await codeOf(send(carol, group, (await messageOf(of(carol), 'hello')).message, [0]))).to.equal(201)
    await commitBy(scene, alice, [], [bob, carol])
    expect(await codeOf(send(bob, group, (await messageOf(of(bob), 'hello')).message, [0]))).to.equal(201)
  })
})
