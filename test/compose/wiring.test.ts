/** Whether every room is in the house and hears what it should: one question to each, over HTTP, with time moved by hand. */
import { expect } from 'chai'
import { WebSocket } from 'ws'
import type { Answer } from '../api/groupHouse.js'
import { limitsWith } from '../faults/house.js'
import type { Resident } from '../faults/house.js'
import { composeServer } from './composedServer.js'
import type { ComposedServer } from './composedServer.js'

const dayMs = 24 * 60 * 60 * 1_000
const proxy = '127.0.0.1'
const [near, far] = ['192.0.2.1', '192.0.2.2']

type Frame = { readonly type: string; readonly item: { readonly position: string } }

describe('the rooms of a server', () => {
  let house: ComposedServer
  const start = async (settings: Parameters<typeof composeServer>[0] = {}): Promise<void> => {
    house = await composeServer(settings)
  }
  afterEach(() => house.close())

  /** Resolves once the log has an event of a type: what works by itself has no other way to say that it is done. */
  const happened = async (type: string): Promise<void> => {
    while (!(await house.events()).some((event) => event.type === type)) await turn()
  }
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
  const create = async (by: Resident, key: string): Promise<Answer> => {
    const publicKey = Buffer.from(by.queueKey.publicKey).toString('base64url')
    return house.ask(by, 'POST', '/v1/queues', { json: { algorithm: 'Ed25519', publicKey }, key })
  }

  it('reactions: the handle of a deleted user is free again', async () => {
    await start()
    const alice = await house.register('alice')
    expect(await house.ask(alice, 'DELETE', '/v1/users/me')).to.have.property('status', 200)
    await happened('HandleReleased')
    await house.register('alice')
  })

  it('reactions: a deleted user’s KeyPackages are claimed no more', async () => {
    await start()
    const alice = await house.register()
    await house.ask(alice, 'DELETE', '/v1/users/me')
    await happened('StockClosed')
  })

  it('sweeps: a queue that nobody fetches for as long as the limit says expires', async () => {
    await start({ LIMITS: JSON.stringify({ queueUnfetchedMsMax: 30 * dayMs }) })
    const alice = await house.register()
    house.pass(30 * dayMs + 1)
    await happened('QueueDeleted')
    const [deleted] = (await house.events()).filter(({ type }) => type === 'QueueDeleted')
    expect(deleted?.data).to.deep.equal({ queue: alice.queue, reason: 'expired' })
  })

  it('streams: a command is known again for as long as the limit says, by the server’s own time', async () => {
    await start({ LIMITS: limitsWith({ idempotencyKeyMs: 60_000, bearerTokenMs: dayMs }) })
    const [alice, bob] = [await house.register(), await house.register()]
    const path = `/v1/users/${encodeURIComponent(alice.user)}/requests`
    const { body } = await house.ask(bob, 'POST', path, { json: { ciphertext: 'AAAA' } })
    const turnDown = (): Promise<Answer> =>
      house.ask(alice, 'POST', `/v1/requests/${String(body['request'])}/reject`, { json: {}, key: 'again' })
    const block = (): Promise<Answer> => house.ask(alice, 'PUT', `/v1/blocks/${encodeURIComponent(bob.user)}`)
    expect(await turnDown()).to.have.property('status', 200)
    house.pass(59_000)
    expect(await turnDown()).to.have.property('status', 200)
    house.pass(1_000)
    expect(await block()).to.have.property('status', 200)
    // Decided anew, there is no such request any more.
    expect(await turnDown()).to.have.property('status', 404)
  })

  it('tokens: one ends when the limit says', async () => {
    await start({ LIMITS: limitsWith({ bearerTokenMs: 60_000 }) })
    const alice = await house.register()
    expect(await house.ask(alice, 'GET', '/v1/users/me')).to.have.property('status', 200)
    house.pass(2 * 60_000)
    expect((await house.ask(alice, 'GET', '/v1/users/me')).body).to.include({ code: 'token-expired' })
  })

  it('rates: as many queues as the limit says, and another when its time has come', async () => {
    await start({ LIMITS: limitsWith({ queuesPerClient: { burst: 2, everyMs: dayMs / 24 }, bearerTokenMs: dayMs }) })
    const alice = await house.register()
    expect(await create(alice, 'second')).to.have.property('status', 201)
    expect(await create(alice, 'third')).to.have.property('status', 429)
    house.pass(dayMs / 24)
    expect(await create(alice, 'fourth')).to.have.property('status', 201)
  })

  it('read models: what was written is found, by whom its owner allows', async () => {
    await start()
    const [alice, bob] = [await house.register('alice'), await house.register()]
    const found = await house.ask(bob, 'GET', '/v1/directory?handle=alice')
    expect(JSON.stringify(found.body)).to.contain(alice.user)
  })

  it('registration: closed to everybody when it is set so', async () => {
    await start({ REGISTRATION: 'closed' })
    const refused = await house.register().catch((error: unknown) => String(error))
    expect(refused).to.contain('not-allowed')
  })

  it('operations: it is ready, and says so; metrics are for the machine itself', async () => {
    await start()
    expect(await house.ask(undefined, 'GET', '/readyz')).to.have.property('status', 200)
    const metrics = await house.ask(undefined, 'GET', '/metrics')
    expect(Buffer.from(metrics.bytes).toString()).to.contain('projection')
  })

  it('delivery: what happens is told on an open socket, and what is acknowledged there is in the log a second later', async () => {
    await start()
    const [alice, bob] = [await house.register(), await house.register()]
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'])
    const told = new Promise<string>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as Frame
        if (frame.type === 'item') resolve(frame.item.position)
      })
    })
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(JSON.stringify({ type: 'open', token: alice.token }))
    const path = `/v1/users/${encodeURIComponent(alice.user)}/requests`
    await house.ask(bob, 'POST', path, { json: { ciphertext: 'AAAA' } })
    socket.send(JSON.stringify({ type: 'acknowledge', queue: alice.directQueue, upTo: await told }))
    while (!(await house.log()).some(({ type }) => type === 'QueuesAcknowledged')) {
      house.pass(1_000)
      await turn()
    }
  })

  describe('behind a proxy', () => {
    /** The status of a handshake; a socket that opens stays. */
    const shake = (forwarded: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'x-forwarded-for': forwarded }
        const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'], {
          headers,
        })
        socket.on('open', () => {
          resolve(101)
        })
        socket.on('unexpected-response', (_request, response) => {
          resolve(response.statusCode ?? 0)
          socket.terminate()
        })
        socket.on('error', reject)
      })
    /** The status of a registration, which lacks a certificate request but has its turn all the same. */
    const register = async (forwarded: string): Promise<number> => {
      const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
      const json = { ...body, handle: 'alice', csr: 'AAAA' }
      return (await house.ask(undefined, 'POST', '/v1/users', { json, headers: { 'x-forwarded-for': forwarded } }))
        .status
    }

    it('websockets: are counted for whom the proxy names last, whatever was said before', async () => {
      await start({ TRUSTED_PROXIES: proxy, LIMITS: limitsWith({ websocketsPerAddressMax: 1 }) })
      expect(await shake(near)).to.equal(101)
      expect(await shake(far)).to.equal(101)
      expect(await shake(`${far}, ${near}`)).to.equal(429)
      expect(await shake(`${near}, 192.0.2.3`)).to.equal(101)
    })

    it('requests: are limited for whom the proxy names last, whatever was said before', async () => {
      const rate = { burst: 1, everyMs: dayMs }
      await start({ TRUSTED_PROXIES: proxy, LIMITS: limitsWith({ registrationsPerAddress: rate }) })
      const [first, again] = [await register(near), await register(`${far}, ${near}`)]
      expect([first === 429, again]).to.deep.equal([false, 429])
      expect(await register(`${near}, ${far}`)).not.to.equal(429)
    })

    it('nobody: is believed who is no proxy', async () => {
      await start({ LIMITS: limitsWith({ websocketsPerAddressMax: 1 }) })
      // Loopback is this machine, whose sockets are not counted.
      for (let n = 0; n < 3; n++) expect(await shake(near)).to.equal(101)
    })
  })
})
