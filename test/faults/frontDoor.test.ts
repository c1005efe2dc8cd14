/** The front door of a real server: by which names and paths it answers, to whom, and what it says to the others. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { ratesOff } from '../support/patientLimits.js'
import { byHand } from './byHand.js'
import type { Ask, Heard } from './byHand.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse } from './house.js'
import { freePort } from '../support/freePort.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'

const codeOf = ({ text }: Heard): unknown => (JSON.parse(text) as { readonly code?: unknown }).code
const addressed = [
  '/',
  '/docs',
  '/docs/docs.js',
  '/openapi.json',
  '/version',
  '/metrics',
  '/v1/authority',
  '/v1/users/me',
  '/v1/websocket',
]
const health = ['/livez', '/readyz']

describe('the front door', () => {
  let house: RealHouse
  let server: RunningServer
  let ask: Ask
  let port: number
  let usual: RealHouse
  before(async () => {
    usual = await openHouse()
  })
  after(() => usual.close())
  const at = (one: RealHouse): void => {
    house = one
    server = one.server
    port = Number(new URL(server.url).port)
    ask = byHand(port)
  }
  const open = async (settings: Record<string, string>): Promise<void> => {
    at(await openHouse(settings))
  }
  afterEach(() => (server === usual.server ? undefined : server.stop()))

  it('on loopback answers to the names of loopback with its port, and to no other', async () => {
    at(usual)
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost', 'localhost:1', `127.0.0.1:${port}x`]) {
      for (const path of addressed) {
        const heard = await ask(path, { headers: { host } })
        expect([heard.status, codeOf(heard)], `${host} ${path}`).to.deep.equal([421, 'misdirected'])
      }
      for (const path of health) expect((await ask(path, { headers: { host } })).status, path).to.equal(200)
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`])
      expect((await ask('/v1/authority', { headers: { host } })).status, host).to.equal(200)
    expect((await ask('http://evil.example/v1/authority')).status).to.equal(421)
    expect((await ask(`http://localhost:${port}/v1/authority`)).status).to.equal(200)
    expect((await ask('/v1/authority', { method: 'OPTIONS', headers: { host: 'evil.example' } })).status).to.equal(421)
  })

  it('with PUBLIC_URL answers to that name, and to this machine', async () => {
    server = await startServer({
      PUBLIC_URL: 'https://chat.example.org',
      HOST: '0.0.0.0',
      PORT: String((port = await freePort())),
    })
    ask = byHand(port)
    for (const host of ['chat.example.org', 'Chat.Example.org:443', `localhost:${port}`])
      expect((await ask('/v1/authority', { headers: { host } })).status, host).to.equal(200)
    for (const host of ['evil.example', 'chat.example.org:80', 'chat.example.org.evil.example', 'a.chat.example.org'])
      expect((await ask('/v1/authority', { headers: { host } })).status, host).to.equal(421)
    const forwarded = { host: `localhost:${port}`, 'x-forwarded-for': '198.51.100.7' }
    expect((await ask('/v1/authority', { headers: forwarded })).status).to.equal(421)
  })

  it('refuses a handshake for another name', async () => {
    at(usual)
    for (const [host, wanted] of [
      ['evil.example', 'refused 421'],
      [`localhost:${port}`, 'open'],
    ] as const) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/websocket`, { headers: { host } })
      const heard = await Promise.race([
        once(socket, 'open').then(() => 'open'),
        once(socket, 'unexpected-response').then(
          ([, answer]) => `refused ${(answer as { statusCode: number }).statusCode}`,
        ),
      ])
      socket.on('error', () => undefined)
      socket.terminate()
      expect(heard).to.equal(wanted)
    }
  })

  it('takes no request that names two hosts', async () => {
    at(usual)
    for (const path of ['/livez', '/v1/authority']) {
      const socket = connect(port, '127.0.0.1')
      const host = `Host: localhost:${port}\r\n`
      socket.end(`GET ${path} HTTP/1.1\r\n${host}${host}Connection: close\r\n\r\n`)
      let text = ''
      for await (const bytes of socket) text += String(bytes)
      expect(text, path).to.match(/^HTTP\/1\.1 400 /)
    }
  })

  it('shows metrics to this machine and to nobody who was forwarded', async () => {
    at(usual)
    expect((await ask('/metrics')).status).to.equal(200)
    expect((await ask('/metrics', { from: '127.0.0.2' })).status).to.equal(200)
    for (const headers of [{ 'x-forwarded-for': '127.0.0.9' }, { forwarded: 'for=127.0.0.1' }, { 'x-real-ip': '::1' }])
      expect((await ask('/metrics', { headers })).status, JSON.stringify(headers)).to.equal(404)
    expect(house.server.log()).to.contain('TRUSTED_PROXIES')
    expect(house.server.log().split('TRUSTED_PROXIES')).to.have.length(2)
  })

  it('shows metrics to nobody behind a trusted proxy, whatever headers say', async () => {
    await open({ TRUSTED_PROXIES: '127.0.0.1', TRUSTED_PROXY_HEADER: 'Forwarded' })
    const headers = { forwarded: 'for=198.51.100.7', 'x-forwarded-for': '127.0.0.9' }
    expect((await ask('/metrics', { headers })).status).to.equal(404)
    expect(house.server.log()).to.not.contain('TRUSTED_PROXIES')
  })

  it('holds the port of metrics to the same: so many requests of one connection, and answers that are taken', async () => {
    const metricsPort = await freePort()
    await open({ METRICS_PORT: String(metricsPort), LIMITS: limitsWith({ answerTakenMsMax: 600 }) })
    expect((await byHand(metricsPort)('/metrics')).status).to.equal(200)
    expect((await ask('/metrics')).status).to.equal(404)
    const socket = connect(metricsPort, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.pause()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const more = setInterval(() => socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50)), 20)
    await closed
    clearInterval(more)
  })

  it('counts a new port, another spelling or a lie as the same client', async () => {
    const LIMITS = JSON.stringify({ ...ratesOff, registrationsPerAddress: { burst: 2, everyMs: 3_600_000 } })
    await open({ TRUSTED_PROXIES: '127.0.0.0/8', LIMITS })
    const register = async (forwarded: string): Promise<number> =>
      (
        await house.ask(undefined, 'POST', '/v1/users', {
          json: registration,
          headers: { 'x-forwarded-for': forwarded },
        })
      ).status
    const forms = ['198.51.100.9:4000', '1.2.3.4, 198.51.100.9', '::ffff:198.51.100.9', '[::ffff:c633:6409]:1']
    expect(await Promise.all(forms.map(register))).to.have.members([403, 403, 429, 429])
    const ipv6 = ['2001:db8:1:2::1', '[2001:db8:1:2:3::]:9', '2001:db8:1:2:ffff::']
    expect(await Promise.all(ipv6.map(register))).to.have.members([403, 403, 429])
    const lies = ['198.51.100.9:4000x', '198.51.100.9:4001x', 'nobody']
    expect(await Promise.all(lies.map(register))).to.have.members([403, 403, 429])
  })

  it('answers at exact paths', async () => {
    at(usual)
    for (const path of ['/metrics', '/docs', '/docs/docs.js', '/v1/authority', '/livez', '/version']) {
      expect((await ask(path)).status, path).to.equal(200)
      for (const other of [
        path.toUpperCase(),
        `${path}/`,
        `/${path}`,
        path.replace(/(.)$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
      ])
        expect((await ask(other)).status, other).to.equal(404)
    }
  })

  it('lets pages read clients’ routes and documents, never what operators read', async () => {
    at(usual)
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'POST' }
    const origin = async (path: string, method = 'GET'): Promise<unknown> =>
      (await ask(path, { method, headers })).headers['access-control-allow-origin']
    for (const path of [
      '/',
      '/docs',
      '/docs/docs.js',
      '/openapi.json',
      '/.well-known/mls-homeserver',
      '/v1/authority',
      '/v1/none',
    ])
      expect(await origin(path), path).to.equal('*')
    for (const path of ['/metrics', '/livez', '/readyz', '/version', '/none', '/METRICS', '/v1x'])
      for (const method of ['GET', 'OPTIONS']) expect(await origin(path, method), path).to.equal(undefined)
    const preflight = await ask('/v1/groups/x/messages', { method: 'OPTIONS', headers })
    expect(preflight.status).to.equal(204)
    expect(preflight.headers).to.include({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, OPTIONS',
    })
  })

  it('names the methods of an address to whoever asks by another', async () => {
    at(usual)
    const cases: readonly (readonly [string, string, string])[] = [
      ['POST', '/v1/users/me', 'GET, HEAD, PATCH, DELETE, OPTIONS'],
      ['DELETE', '/v1/authority', 'GET, HEAD, OPTIONS'],
      ['GET', '/v1/token', 'POST, OPTIONS'],
      ['PROPFIND', '/v1/groups/x', 'PUT, GET, HEAD, DELETE, OPTIONS'],
      ['PUT', '/openapi.json', 'GET, HEAD, OPTIONS'],
      ['POST', '/livez', 'GET, HEAD, OPTIONS'],
      ['POST', '/v1/websocket', 'GET, HEAD, OPTIONS'],
    ]
    for (const [method, path, allow] of cases) {
      const heard = await ask(path, { method })
      expect([heard.status, heard.headers.allow, codeOf(heard)], path).to.deep.equal([405, allow, 'method-not-allowed'])
    }
    expect((await ask('/v1/none', { method: 'POST' })).status).to.equal(404)
  })

  it('says that the websocket wants an upgrade', async () => {
    at(usual)
    const heard = await ask('/v1/websocket')
    expect([heard.status, codeOf(heard)]).to.deep.equal([426, 'upgrade-required'])
    expect(heard.headers.upgrade).to.equal('websocket')
  })

  it('says that an id in a path is to be encoded', async () => {
    at(usual)
    const id = 'mimi://localhost/u/AAAAAAAAAAAAAAAAAAAAAA'
    for (const path of [
      `/v1/users/${id}/clients`,
      `/v1/blocks/${id}`,
      `/v1/groups/${id.replace('/u/', '/g/')}`,
      `/v1/queues/mimi:%2F/x`,
    ]) {
      const heard = await ask(path)
      expect(heard.status, path).to.equal(404)
      expect(heard.text, path).to.contain('percent-encoded')
    }
    expect((await ask('/v1/none')).text).to.not.contain('percent-encoded')
  })
})

/** Counted, then refused: of another domain. */
const registration = {
  user: 'mimi://elsewhere.example/u/AAAAAAAAAAAAAAAAAAAAAA',
  client: 'mimi://elsewhere.example/d/AAAAAAAAAAAAAAAAAAAAAA',
  handle: 'somebody',
  csr: 'AA',
}
