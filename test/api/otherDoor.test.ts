/** The assembler for another front door: its own principals and accesses, told apart by something else than a token. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { z } from 'zod'
import { systemClock } from '#src/adapters/system/clock.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { anyHost } from '#src/api/http/address/hosts.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { nobodyTrusted } from '#src/api/http/address/trustedProxies.js'
import { assemble, finish } from '#src/api/http/assemble.js'
import type { Anonymous, Door } from '#src/api/http/door.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { routeOf } from '#src/api/http/route.js'
import { openapi } from '#src/api/operations/openapi.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { origin } from '#src/ports/position.js'
import { reject } from '#src/streams/rejection.js'

type Peer = { readonly kind: 'peer'; readonly name: string }
type Warden = { readonly kind: 'warden' }
type Principals = { readonly anonymous: Anonymous; readonly peer: Peer; readonly warden: Warden }
type Principal = Principals[keyof Principals]

const door: Door<keyof Principals, Principal> = {
  identify: ({ headers }) => {
    const name = headers['x-peer']
    if (typeof name !== 'string') return Promise.resolve(reject({ code: 'not-authenticated', detail: 'no name' }))
    return Promise.resolve(name === 'warden' ? { kind: 'warden' } : { kind: 'peer', name })
  },
  admits: (access, { kind }) => access === kind,
  nameOf: (principal) => (principal.kind === 'peer' ? principal.name : principal.kind),
}

const route = routeOf<Principals>()
const routes = [
  route({
    method: 'post',
    path: '/peers/greetings',
    tag: 'Peers',
    summary: 'Greets',
    access: 'peer',
    body: z.strictObject({ word: z.string() }),
    success: { status: 200, body: z.object({ from: z.string(), word: z.string(), command: z.string() }) },
    problems: [],
    known: 'unrecorded',
    answer: ({ principal, body, command }) =>
      Promise.resolve({ status: 200, body: { from: principal.name, word: body.word, command: command.id } }),
  }),
]

describe('another front door', () => {
  let server: Server
  let url: string
  before(async () => {
    const logger = jsonLog(
      'silent',
      () => undefined,
      () => 0,
    )
    const app = assemble(routes, {
      door,
      rateLimiter: makeRateLimiter(rateDefaults, systemClock),
      limits: limitDefaults,
      logId: 'log1',
      reached: () => Promise.resolve(true),
      heldCursor: () => Promise.resolve({ position: origin }),
      callers: knowCallers(nobodyTrusted, logger),
      hosts: anyHost,
      clock: systemClock,
      random: systemRandom,
      logger,
      observe: () => undefined,
    })
    finish(app, { logger })
    server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/peers/greetings`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  type Answer = { readonly status: number; readonly body: { readonly [field: string]: unknown } }
  const greet = async (name?: string): Promise<Answer> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
    const given = name === undefined ? {} : { 'x-peer': name }
    const response = await fetch(url, { method: 'POST', headers: { ...headers, ...given }, body: '{"word":"hello"}' })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }

  it('hands its routes its own principals, whose commands are apart', async () => {
    const [one, again, other] = [await greet('one'), await greet('one'), await greet('other')]
    expect(one.body).to.include({ from: 'one', word: 'hello' })
    expect(again.body['command']).to.equal(one.body['command'])
    expect(other.body['command']).to.not.equal(one.body['command'])
  })

  it('refuses those whom it does not know, and those whom the route is not for', async () => {
    const [nobody, warden] = [await greet(), await greet('warden')]
    expect([nobody.status, nobody.body['detail']]).to.deep.equal([401, 'no name'])
    expect([warden.status, warden.body['capability']]).to.deep.equal([403, 'peer token'])
  })

  it('is documented like any other', () => {
    const document = openapi(routes, { url, version: '1' }) as { paths: Record<string, Record<string, object>> }
    expect(document.paths['/peers/greetings']?.['post']).to.include({ 'x-access': 'peer' })
  })
})
