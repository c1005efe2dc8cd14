/** Maintenance: clients read and nothing else, operators go on, nothing is destroyed, and a start finds it as it was. */
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { at } from '../api/groupPeople.js'
import { forgedMessage, forging, gathered } from '../faults/forgers.js'
import type { Answer } from '../api/groupHouse.js'
import { composeServer } from './composedServer.js'
import type { ComposedServer } from './composedServer.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const dayMs = 24 * 60 * 60 * 1_000
const held = [503, 'maintenance', '30']

describe('maintenance', () => {
  let house: ComposedServer
  const start = async (more: Record<string, string> = {}): Promise<void> => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token, ...more })
  }
  afterEach(() => house.close())

  const turnTo = async (maintenance: boolean): Promise<void> => {
    const json = { maintenance, why: 'the store moves' }
    expect((await house.ask(operator, 'PUT', '/v1/operator/maintenance', { json })).status).to.equal(200)
  }
  const said = ({ status, body, headers }: Answer): unknown => [status, body['code'], headers.get('retry-after')]
  const types = async (): Promise<readonly string[]> => (await house.log()).map(({ type }) => type)
  const pass = async (ms: number, times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      house.pass(ms)
      for (let turns = 0; turns < 5; turns++) await turn()
    }
  }

  it('refuses every command of a client before anybody is asked who it is, and lets all read', async () => {
    await start()
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group } = await gathered(house, [alice, bob])
    await turnTo(true)
    const before = (await house.log()).length
    const message = { mls: forgedMessage(group, 1n) }
    expect(said(await house.ask(alice, 'POST', at(group, '/messages'), message))).to.deep.equal(held)
    expect(said(await house.ask(undefined, 'POST', at(group, '/messages'), message))).to.deep.equal(held)
    expect(said(await house.ask(alice, 'PATCH', '/v1/users/me', { json: {} }))).to.deep.equal(held)
    expect(said(await house.ask(undefined, 'POST', '/v1/users', { json: {} }))).to.deep.equal(held)
    expect(said(await house.ask(alice, 'DELETE', '/v1/users/me'))).to.deep.equal(held)
    for (const path of ['/v1/users/me', at(group), '/v1/revocations'])
      expect((await house.ask(alice, 'GET', path)).status, path).to.equal(200)
    expect(await house.tokenOf(alice.client, alice.key)).to.be.a('string')
    expect((await house.log()).length).to.equal(before)
    await turnTo(false)
    expect((await house.ask(alice, 'POST', at(group, '/messages'), message)).status).to.equal(201)
  })

  it('hears acknowledgements, and writes them when it is over', async () => {
    await start()
    const alice = await house.register()
    const path = `/v1/queues/${encodeURIComponent(alice.directQueue)}`
    await turnTo(true)
    const { body } = await house.ask(alice, 'GET', `${path}/items`)
    const json = { upTo: body['next'] }
    expect((await house.ask(alice, 'POST', `${path}/acknowledgements`, { json })).status).to.equal(202)
    expect((await house.ask(alice, 'GET', `${path}/items`)).body['acknowledged']).to.equal(body['next'])
    // Each act is written behind whatever else was.
    for (let n = 0; n < 10; n++) {
      await pass(2_000, 1)
      await turnTo(true)
    }
    expect(await types()).not.to.include('QueuesAcknowledged')
    await turnTo(false)
    while (!(await types()).includes('QueuesAcknowledged')) await pass(2_000, 1)
  })

  it('refuses sends and signals on websockets that stay open and go on reading', async () => {
    await start()
    const alice = forging(house, await house.register())
    const { group } = await gathered(house, [alice, forging(house, await house.register())])
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, 'mls-homeserver.1')
    const frames: Record<string, unknown>[] = []
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as never))
    await new Promise((resolve) => socket.once('open', resolve))
    const frame = async (type: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const at = frames.findIndex((one) => one['type'] === type)
        if (at >= 0) return frames.splice(at, 1)[0]!
        await new Promise((resolve) => socket.once('message', resolve))
      }
    }
    const say = (what: object): void => {
      socket.send(JSON.stringify(what))
    }
    await turnTo(true)
    say({ type: 'open', token: alice.token })
    await frame('queueEmpty')
    say({ type: 'send', id: 'one', group, message: Buffer.from(forgedMessage(group, 1n)).toString('base64url') })
    const refused = await frame('refused')
    expect(refused).to.deep.include({ id: 'one' })
    expect(refused['problem']).to.include({ code: 'maintenance', status: 503, retryAfter: 30 })
    say({ type: 'signal', id: 'two', group, signal: 'AAAA' })
    expect((await frame('refused'))['problem']).to.include({ code: 'maintenance' })
    await turnTo(false)
    say({ type: 'send', id: 'one', group, message: Buffer.from(forgedMessage(group, 1n)).toString('base64url') })
    expect(await frame('accepted')).to.include({ id: 'one' })
    socket.close()
  })

  it('lets operators act, and is to be seen wherever somebody looks', async () => {
    await start()
    const alice = await house.register()
    const discovery = async (): Promise<unknown> =>
      (await house.ask(undefined, 'GET', '/.well-known/mls-homeserver')).body['maintenance']
    const figure = async (): Promise<string | undefined> =>
      /^\S*_maintenance (\d)/m.exec(Buffer.from((await house.ask(undefined, 'GET', '/metrics')).bytes).toString())?.[1]
    expect([await discovery(), await figure()]).to.deep.equal([false, '0'])
    await turnTo(true)
    expect([await discovery(), await figure()]).to.deep.equal([true, '1'])
    const ready = await house.ask(undefined, 'GET', '/readyz')
    expect([ready.status, ready.body['notes']]).to.deep.equal([200, ['maintenance: clients and peers only read']])
    const disabling = `/v1/operator/users/${encodeURIComponent(alice.user)}/disable`
    expect((await house.ask(operator, 'POST', disabling, { json: { why: 'x' } })).status).to.equal(200)
    const now = await house.ask(operator, 'GET', '/v1/operator/maintenance')
    expect(now.body).to.deep.equal({ maintenance: true, since: house.clock.now() })
    const { body } = await house.ask(operator, 'GET', '/v1/operator/acts')
    const acts = (body['acts'] as readonly { readonly what: object }[]).map(({ what }) => what)
    expect(acts).to.deep.include({ type: 'changeMaintenance', on: true })
  })

  it('outlives a restart, holds the sweeps, and lets them go on when it is over', async () => {
    const DATA_DIR = await mkdtemp(join(tmpdir(), 'homeserver-maintenance-'))
    await start({ DATA_DIR })
    const alice = forging(house, await house.register())
    const { group } = await gathered(house, [alice, forging(house, await house.register())])
    const daily = await house.ask(alice, 'PUT', at(group, '/settings'), { json: { retentionMs: dayMs } })
    expect(daily.status).to.equal(200)
    expect((await house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })).status).to.equal(
      201,
    )
    await turnTo(true)
    await house.close()
    await start({ DATA_DIR })
    expect(said(await house.ask(alice, 'PATCH', '/v1/users/me', { json: {} }))).to.deep.equal(held)
    await pass(60 * 60_000, 48)
    expect(await types()).not.to.include('MessagesExpired')
    await turnTo(false)
    while (!(await types()).includes('MessagesExpired')) await pass(60_000, 1)
    await house.close()
    await rm(DATA_DIR, { recursive: true, force: true, maxRetries: 3 })
    await start()
  })
})
