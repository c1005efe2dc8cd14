/** The routes of the Queuing Service over real HTTP: whose token opens what, and what comes back. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { clientDoor } from '#src/api/door.js'
import { anyHost } from '#src/api/http/address/hosts.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { nobodyTrusted } from '#src/api/http/address/trustedProxies.js'
import { assemble, finish } from '#src/api/http/assemble.js'
import type { Principal } from '#src/api/principal.js'
import { queueItem } from '#src/items/queueItem.js'
import { queueRoutes } from '#src/api/queues/queues.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { gatherAcknowledgements } from '#src/delivery/acknowledgements.js'
import type { Acknowledgements } from '#src/delivery/acknowledgements.js'
import { makeStreams } from '#src/streams/streams.js'
import { parseQueueId } from '#src/mls/wire/ids.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import {
  clientNumber,
  domain,
  groupNumber,
  leaf,
  logId,
  makeWorld,
  queueNumber,
  userNumber,
} from '../projections/queues/world.js'
import type { World } from '../projections/queues/world.js'

const quiet = jsonLog(
  'silent',
  () => undefined,
  () => 0,
)
type Answer = { readonly status: number; readonly body: Record<string, unknown>; readonly type: string | null }
const group = groupNumber(1)
const [ana, ben] = [queueNumber(1), queueNumber(2)]
const client = { kind: 'client', user: userNumber(1), client: clientNumber(1) } as const

describe('the routes of queues', () => {
  let world: World
  let server: Server
  let acknowledgements: Acknowledgements
  let url: string
  let now = 1_000
  const principals = new Map<string, Principal>()
  const welcome = new TextEncoder().encode('a Welcome')

  beforeEach(async () => {
    world = await makeWorld()
    const { events, view } = world
    const snapshots = { latest: () => Promise.resolve(undefined), save: async () => {}, remove: async () => {} }
    const streams = makeStreams({
      events,
      snapshots: { ...snapshots, close: async () => {} },
      cacheBytesMax: 1e6,
      pause: async () => {},
    })
    now = 1_000
    const clock = { now: () => now, sleep: () => Promise.resolve() }
    const overtaken = (): Promise<ReadonlySet<QueueId>> => Promise.resolve(new Set())
    acknowledgements = gatherAcknowledgements({ streams, clock, process: 'p', overtaken, failed: () => undefined })
    const level = async (): Promise<boolean> => {
      while ((await world.project()) > 0);
      return true
    }
    const blobs = { get: () => Promise.resolve(welcome) } as unknown as Parameters<typeof queueRoutes>[0]['blobs']
    const key = new Uint8Array(32).fill(1)
    const routes = queueRoutes({
      view,
      level,
      heldCursor: heldCursors({ logId, head: () => world.events.head() }),
      streams,
      acknowledgements,
      blobs,
      clock,
      limits: { ...limitDefaults, queueCountedMax: 2 },
      logId,
      domain,
      namingSecret: new Uint8Array(32),
      sealingKey: () => ({ id: 'k1', publicKey: key, privateKey: key }),
    })
    principals.clear()
    principals.set('client', client).set('ana', { kind: 'queue', queue: ana }).set('ben', { kind: 'queue', queue: ben })
    const app = assemble(routes, {
      door: clientDoor((token) =>
        Promise.resolve(principals.get(token) ?? { rejected: { code: 'not-authenticated', detail: 'unknown' } }),
      ),
      rateLimiter: makeRateLimiter(rateDefaults, clock),
      limits: limitDefaults,
      logId,
      reached: () => Promise.resolve(true),
      heldCursor: heldCursors({ logId, head: () => world.events.head() }),
      callers: knowCallers(nobodyTrusted, quiet),
      hosts: anyHost,
      clock,
      random: systemRandom,
      logger: quiet,
      observe: () => undefined,
    })
    finish(app, { logger: quiet })
    server = createServer(app).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const ask = async (
    token: string,
    method: string,
    path: string,
    body?: object,
    key = 'k',
    more: { readonly accept?: string } = {},
  ): Promise<Answer> => {
    const json = { 'content-type': 'application/json', 'idempotency-key': key }
    const headers = { authorization: `Bearer ${token}`, ...json, ...more }
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(url + path, { method, headers, ...init })
    const type = response.headers.get('content-type')
    const text = await response.text()
    return {
      status: response.status,
      type,
      body: type?.includes('json') === true ? (JSON.parse(text) as Answer['body']) : { text },
    }
  }
  const at = (queue: QueueId, rest: string): string => `/v1/queues/${encodeURIComponent(queue)}${rest}`

  const raw = (): string => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''

  it('make a queue, once for one Idempotency-Key', async () => {
    const body = { algorithm: 'Ed25519', publicKey: raw() }
    const first = await ask('client', 'POST', '/v1/queues', body)
    expect([first.status, parseQueueId(String(first.body['queue']))]).to.deep.equal([201, first.body['queue']])
    expect((await ask('client', 'POST', '/v1/queues', body)).body).to.deep.equal(first.body)
    expect((await ask('client', 'POST', '/v1/queues', { ...body, publicKey: raw() })).body['code']).to.equal(
      'idempotency-mismatch',
    )
    expect((await ask('client', 'POST', '/v1/queues', body, 'other')).body['queue']).to.not.equal(first.body['queue'])
    expect(JSON.stringify(await world.events.readAll({ after: 0 as never }))).to.not.contain(client.client)
  })

  it('refuse what is no key, and a token that is not a client’s', async () => {
    const unusable = ['01' + '00'.repeat(31), 'ed' + 'ff'.repeat(30) + '7f', '02' + '00'.repeat(31)]
    for (const hex of unusable) {
      const publicKey = Buffer.from(hex, 'hex').toString('base64url')
      const none = await ask('client', 'POST', '/v1/queues', { algorithm: 'Ed25519', publicKey })
      expect([none.status, none.body['code']], hex).to.deep.equal([400, 'malformed'])
    }
    const refused = await ask('client', 'POST', '/v1/queues', { algorithm: 'P-256', publicKey: raw() })
    expect([refused.status, refused.body['code']]).to.deep.equal([400, 'malformed'])
    expect((await ask('ana', 'POST', '/v1/queues', { algorithm: 'Ed25519', publicKey: raw() })).status).to.equal(403)
  })

  it('say which key seals references', async () => {
    const { body } = await ask('client', 'GET', '/v1/queueKey')
    expect(body).to.deep.equal({ domain, keyId: 'k1', publicKey: Buffer.alloc(32, 1).toString('base64url') })
  })

  describe('once a queue is in a group', () => {
    beforeEach(async () => {
      await world.createQueue(ana)
      await world.createQueue(ben)
      await world.createGroup(group, ana)
      await world.message(group, 0, 'hello')
      await world.commit(group, 1, { added: [{ ...leaf(1, ben), keyPackageRef: 'AA' }] })
      while ((await world.project()) > 0);
    })

    it('fetch, acknowledge and go on from there', async () => {
      const { body } = await ask('ana', 'GET', at(ana, '/items?limit=1'))
      const [item] = body['items'] as Record<string, unknown>[]
      expect([item?.['type'], item?.['position'], body['more']]).to.deep.equal(['message', body['next'], true])
      expect(queueItem.safeParse(item).success).to.equal(true)
      const acknowledged = await ask('ana', 'POST', at(ana, '/acknowledgements'), { upTo: body['next'] })
      expect([acknowledged.status, acknowledged.body]).to.deep.equal([202, {}])
      const rest = (await ask('ana', 'GET', at(ana, '/items'))).body
      expect((rest['items'] as { type: string }[]).map(({ type }) => type)).to.deep.equal(['commit'])
      expect(rest['more']).to.equal(false)
      // Also to whoever reads again from earlier on: it is told that somebody has acknowledged more.
      const again = (await ask('ana', 'GET', at(ana, '/items?after=' + String(body['acknowledged'])))).body
      expect([body['acknowledged'], again['acknowledged']]).to.deep.equal([
        body['next']?.toString().replace(/[^.]*$/, '0'),
        body['next'],
      ])
    })

    it('count what waits, which acknowledges and fetches nothing', async () => {
      const count = async (token: string, queue: QueueId): Promise<Answer['body']> =>
        (await ask(token, 'GET', at(queue, ''))).body
      const row = (await world.view.queue(ana))!
      // It was touched long ago: a fetch would have said so by now.
      now = 10 * 24 * 60 * 60 * 1_000
      expect(await count('ben', ben)).to.deep.equal({ items: 1, unread: 0, invitations: 1, more: false })
      const { oldest, ...rest } = await count('ana', ana)
      expect(rest).to.deep.equal({ items: 2, unread: 1, invitations: 0, more: false })
      expect(oldest).to.be.within(1_000, 1_010)
      await acknowledgements.flush()
      while ((await world.project()) > 0);
      expect(await world.view.queue(ana)).to.deep.equal(row)
      await world.message(group, 1, 'one past the limit')
      while ((await world.project()) > 0);
      expect(await count('ana', ana)).to.include({ items: 2, unread: 1, more: true })
      const { next } = (await ask('ana', 'GET', at(ana, '/items?limit=1'))).body
      await ask('ana', 'POST', at(ana, '/acknowledgements'), { upTo: next })
      expect(await count('ana', ana)).to.include({ items: 2, unread: 1, invitations: 0, more: false })
    })

    it('hand out the bytes of a Welcome to its queue alone', async () => {
      const path = `/welcomes/${'d'.repeat(43)}`
      const whole = { accept: 'message/mls, application/json;q=0.5' }
      const { status, type, body } = await ask('ben', 'GET', at(ben, path), undefined, 'k', whole)
      expect([status, type, body]).to.deep.equal([200, 'message/mls', { text: 'a Welcome' }])
      const inJson = await ask('ben', 'GET', at(ben, path))
      expect([inJson.status, inJson.body]).to.deep.equal([200, { welcome: Buffer.from(welcome).toString('base64url') }])
      expect((await ask('ana', 'GET', at(ana, path))).status).to.equal(404)
    })

    it('answer for another’s queue as for none', async () => {
      const none = queueNumber(99)
      const problem = ({ status, body }: Answer) => [status, { ...body, requestId: '' }]
      for (const [method, rest, body] of [
        ['GET', '', undefined],
        ['GET', '/items', undefined],
        ['POST', '/acknowledgements', { upTo: 'log1.1' }],
        ['GET', `/welcomes/${'d'.repeat(43)}`, undefined],
        ['DELETE', '', undefined],
      ] as const) {
        const other = problem(await ask('ana', method, at(ben, rest), body))
        expect(other).to.deep.equal(problem(await ask('ana', method, at(none, rest), body)))
        expect(other[0]).to.equal(404)
      }
    })

    it('refuse cursors of another log, and what is none', async () => {
      expect((await ask('ana', 'GET', at(ana, '/items?after=log0.1'))).status).to.equal(410)
      expect((await ask('ana', 'GET', at(ana, '/items?after=1'))).status).to.equal(400)
      expect((await ask('ana', 'GET', at(ana, '/items?limit=501'))).status).to.equal(400)
    })

    it('delete a queue by its own token', async () => {
      expect((await ask('ana', 'DELETE', at(ana, ''))).status).to.equal(200)
      while ((await world.project()) > 0);
      expect((await ask('ana', 'GET', at(ana, '/items'))).status).to.equal(404)
    })
  })
})
