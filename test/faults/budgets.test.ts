/** What a client may cost: one bucket for all it commands, whichever way; repeats, misses and answers by their size. */
import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { forgedMessage, forging, founded } from './forgers.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'
import { jsonOfSize } from './sizes.js'

const uri = encodeURIComponent
const slow = (burst: number) => ({ burst, everyMs: 3_600_000 })
const codes = (answers: readonly Answer[]): readonly number[] => answers.map(({ status }) => status)

describe('a budget', () => {
  let house: RealHouse
  const open = async (rates: Record<string, unknown>): Promise<Resident> => {
    house = await openHouse({ LIMITS: limitsWith(rates) })
    return house.register()
  }
  afterEach(() => house.close())
  const patch = (by: Resident, options: object = {}): Promise<Answer> =>
    house.ask(by, 'PATCH', '/v1/users/me', { json: { claims: 'anyone' }, ...options })

  it('is one for every command of a client, over HTTP and the websocket, refused ones among them', async () => {
    // Its queue and its group took three.
    const resident = await open({ commandsPerClient: slow(9) })
    const by = forging(house, resident)
    const { group } = await founded(house, by)
    const answers = [
      await patch(by),
      await house.ask(by, 'PUT', `/v1/blocks/${uri(by.user)}`),
      await house.ask(by, 'PUT', at(group, '/settings'), { json: { retentionMs: 5_000 } }),
      await house.ask(by, 'DELETE', '/v1/keyPackages', { text: '{"refs":[{}]}' }),
      await house.ask(by, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 0n) }),
    ]
    expect(codes(answers)).to.deep.equal([200, 403, 200, 400, 201])
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, {
      headers: { authorization: `Bearer ${by.token}` },
    })
    await once(socket, 'open')
    const message = Buffer.from(forgedMessage(group, 0n)).toString('base64url')
    const say = async (id: string): Promise<unknown> => {
      socket.send(JSON.stringify({ type: 'send', id, group, message }))
      const [data] = (await once(socket, 'message')) as [Buffer]
      const { type, problem } = JSON.parse(data.toString()) as { type: string; problem?: { code: string } }
      return problem?.code ?? type
    }
    expect([await say('one'), await say('two'), await say('one')]).to.deep.equal([
      'accepted',
      'rate-limited',
      'accepted',
    ])
    socket.terminate()
    expect((await patch(by)).status).to.equal(429)
    expect((await house.ask(by, 'GET', '/v1/users/me')).status).to.equal(200)
    expect((await patch(await house.register())).status).to.equal(200)
  })

  it('pays for a body that is beyond its bounds, before anything else is made of it', async () => {
    const by = await open({ commandsPerClient: slow(4) })
    const beyond = [
      `[${'1,'.repeat(5_000)}1]`,
      '['.repeat(40),
      `{${Array.from({ length: 300 }, (_, n) => `"${n}":1`).join()}}`,
    ]
    const answers: number[] = []
    for (const text of [...beyond, '{}']) answers.push((await patch(by, { text, json: undefined })).status)
    expect(answers).to.deep.equal([400, 400, 400, 429])
  })

  it('lets a command that is done be asked for again when it is empty, under its key alone', async () => {
    const by = await open({ commandsPerClient: slow(3), queuesPerClient: slow(1), repeatsPerClient: slow(2) })
    const first = await patch(by, { key: 'a' })
    expect((await patch(by)).status).to.equal(200)
    expect((await patch(by)).status).to.equal(429)
    const again = await patch(by, { key: 'a' })
    expect([again.status, again.body]).to.deep.equal([200, first.body])
    expect(again.headers.get('ratelimit')).to.match(/^"repeatsPerClient";r=1;t=\d+$/)
    expect((await patch(by, { key: 'b' })).status, 'not done yet').to.equal(429)
    expect((await patch(await house.register(), { key: 'a' })).status, 'of another').to.equal(200)
    expect((await house.ask(undefined, 'PATCH', '/v1/users/me', { json: {}, key: 'a' })).status).to.equal(401)
    expect((await patch(by, { key: 'a', json: { claims: 'contacts' } })).status, 'another body').to.equal(429)
    expect((await patch(by, { key: 'a' })).status, 'the second').to.equal(200)
    expect((await patch(by, { key: 'a' })).status, 'too often').to.equal(429)
  })

  it('counts the bytes of all clients of a user together', async () => {
    const by = await open({ bytesWrittenPerUser: slow(20_000) })
    const other = await house.link(by)
    const write = (one: Resident, bytes: number): Promise<Answer> =>
      house.ask(one, 'PATCH', '/v1/users/me', { text: jsonOfSize(bytes, { claims: 'anyone' }) })
    expect(
      codes([await write(by, 10_000), await write(other, 10_000), await write(by, 10), await write(by, 4_000)]),
    ).to.deep.equal([200, 429, 200, 200])
    expect((await write(other, 3_000)).status).to.equal(429)
    const answer = await write(other, 40)
    expect(answer.headers.get('ratelimit-policy')).to.contain('"bytesWrittenPerUser";q=20000;qu="content-bytes"')
  })

  it('counts who is looked up and not there three times', async () => {
    const by = await open({ directoryLookupsPerClient: slow(8) })
    const look = (handle: string): Promise<Answer> => house.ask(by, 'GET', `/v1/directory?handle=${handle}`)
    const answers = [
      await look(by.handle),
      await look('nobody-here'),
      await look(by.handle),
      await look('nobody-there'),
      await look(by.handle),
    ]
    expect(codes(answers)).to.deep.equal([200, 200, 200, 200, 429])
    expect((await house.ask(by, 'GET', '/v1/directory?prefix=xyz')).status).to.equal(429)
  })

  it('counts what is read and not there three times, and a large answer by its size', async () => {
    const by = await open({ readsPerClient: slow(10) })
    const none = `/v1/groups/${uri('mimi://localhost/g/AAAAAAAAAAAAAAAAAAAAAA')}`
    const reads = async (one: Resident, path: string, token = one.token): Promise<number> => {
      for (let n = 0; ; n++) if ((await house.ask({ token }, 'GET', path)).status === 429) return n
    }
    expect(await reads(by, '/v1/users/me')).to.equal(10)
    expect(await reads(await house.register(), none)).to.equal(4)
    const reader = forging(house, await house.register())
    const { group } = await founded(house, reader)
    const message = Buffer.alloc(200_000)
    const large = encodeMlsMessage({
      wireFormat: 'privateMessage',
      privateMessage: {
        groupId: new TextEncoder().encode(group),
        epoch: 0n,
        contentType: 'application',
        authenticatedData: new Uint8Array(),
        encryptedSenderData: message.subarray(0, 28),
        ciphertext: message,
      },
    })
    const sent = await house.ask(reader, 'POST', at(group, '/messages'), { mls: large })
    await house.ask(by, 'GET', `/v1/authority?atLeast=${String(sent.body['position'])}`)
    // 267 KB of base64: five each.
    const items = `/v1/queues/${uri(reader.queue)}/items`
    expect(await reads(reader, items, reader.queueToken)).to.equal(2)
  })

  it('counts clients that are added for the one that approves them', async () => {
    const by = await open({ commandsPerClient: slow(3) })
    expect((await house.askToLink(by)).status).to.equal(201)
    expect((await house.askToLink(by)).status).to.equal(201)
    expect((await house.askToLink(by)).status).to.equal(429)
    expect((await house.askToLink(await house.register())).status).to.equal(201)
  })

  it('of acknowledgements is their own, and counts once a second', async () => {
    const by = await open({ commandsPerClient: slow(1), acknowledgementsPerClient: slow(100) })
    const path = `/v1/queues/${uri(by.directQueue)}`
    const { body } = await house.ask(by, 'GET', `${path}/items`)
    const began = Date.now()
    const answers: Answer[] = []
    for (let n = 0; n < 20; n++) {
      answers.push(await house.ask(by, 'POST', `${path}/acknowledgements`, { json: { upTo: body['next'] } }))
    }
    expect(new Set(codes(answers))).to.deep.equal(new Set([202]))
    const counted = answers.filter(({ headers }) => headers.get('ratelimit') !== null)
    expect(counted.length).to.be.within(1, 1 + Math.ceil((Date.now() - began) / 1_000))
    expect(counted[0]?.headers.get('ratelimit')).to.match(/^"acknowledgementsPerClient";r=99;/)
  })
})
