/** Refusals that say what to do: of ids nobody reserved, of epochs before one came, of sends by their own name. */
import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { makeId } from '#src/mls/wire/ids.js'
import { addOf } from '../commands/forgedPeople.js'
import { domain, random } from '../commands/mlsFixture.js'
import { at, reserved } from '../api/groupPeople.js'
import type { Answer } from '../api/groupHouse.js'
import { forgedCommit, forgedMessage, forging, founded, postBundle } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import { openHouse } from './house.js'
import type { RealHouse } from './house.js'
import { newGroupOfSize } from './sizes.js'

describe('a refusal', () => {
  let house: RealHouse
  before(async () => {
    house = await openHouse()
  })
  after(() => house.close())
  const resident = async (): Promise<ForgingResident> => forging(house, await house.register())

  it('of a group whose id was not reserved names the route that reserves, whatever is there', async () => {
    const [by, other] = [await resident(), await resident()]
    const groups = [
      makeId('group', domain, random(16)),
      await reserved(house.door, other),
      (await founded(house, other)).group,
    ]
    const answers: Answer[] = []
    for (const group of groups)
      answers.push(await house.ask(by, 'PUT', at(group), { mls: newGroupOfSize(group, by, 2_000) }))
    for (const { body } of answers) {
      expect(body).to.include({ status: 404, code: 'no-such-group' })
      expect(body['detail']).to.contain('POST /v1/groups').and.to.equal(answers[0]?.body['detail'])
    }
  })

  it('of an epoch before a member came names the first that it may see', async () => {
    const [alice, bob, carol, dave] = [await resident(), await resident(), await resident(), await resident()]
    const place = await founded(house, alice)
    const { group } = place
    let { mls } = place
    for (const guest of [undefined, bob, carol]) {
      const bundle = forgedCommit(mls, alice, 0, guest === undefined ? [] : [addOf(guest)])
      expect((await postBundle(house, alice, group, bundle)).status).to.equal(201)
      mls = bundle.next
    }
    const ask = async (by: ForgingResident, epoch: number): Promise<readonly Record<string, unknown>[]> => [
      (await house.ask(by, 'GET', at(group, `/tree?epoch=${epoch}`))).body,
      (await house.ask(by, 'GET', at(group, `/commits?from=${epoch}`))).body,
    ]
    for (const [by, first] of [
      [bob, 2],
      [carol, 3],
    ] as const) {
      for (let epoch = 0; epoch < first; epoch++)
        for (const body of await ask(by, epoch))
          expect(body).to.include({ status: 404, code: 'no-such-epoch', first: String(first) })
      for (const body of await ask(by, first)) expect(body).to.not.have.property('code')
    }
    for (const body of await ask(dave, 0)) expect(body).to.include({ status: 404, code: 'no-such-group' })
  })

  it('of a send on a websocket names its id, as far as it can be read', async () => {
    const by = await resident()
    const { group } = await founded(house, by)
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, {
      headers: { authorization: `Bearer ${by.token}` },
    })
    await once(socket, 'open')
    const say = async (frame: object | Buffer): Promise<Record<string, unknown>> => {
      socket.send(Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
      const [data] = (await once(socket, 'message')) as [Buffer]
      return JSON.parse(data.toString()) as Record<string, unknown>
    }
    const message = toBase64url(forgedMessage(group, 0n))
    const send = { type: 'send', id: 'one', group, message }
    const other = makeId('group', domain, random(16))
    const bad = [
      { ...send, group: 'no group' },
      { ...send, message: '!' },
      { ...send, more: 1 },
      { ...send, message: undefined },
      { ...send, group: other },
      { ...send, message: 'AAAA' },
      Buffer.from('\u0003one!'),
    ]
    for (const frame of bad) expect(await say(frame), JSON.stringify(frame)).to.include({ type: 'refused', id: 'one' })
    for (const id of ['', 'a b', 7, undefined]) expect(await say({ ...send, id })).to.include({ type: 'error' })
    for (const frame of [{ type: 'open', id: 'one', queue: 1 }, Buffer.from('\u0009one')])
      expect(await say(frame)).to.include({ type: 'error' })
    expect(await say(send)).to.include({ type: 'accepted', id: 'one' })
    socket.terminate()
  })
})
