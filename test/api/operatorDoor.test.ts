/** Where operators come in, and by which tokens: a port of its own, four roles, made and ended while the server runs. */
import { expect } from 'chai'
import { request } from 'node:http'
import { rm } from 'node:fs/promises'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import { limitsWith } from '../faults/house.js'
import type { Bearer, RawOptions, Resident } from '../faults/house.js'
import type { Answer } from './groupHouse.js'

const own = { token: 'hs_op_PlantedOperatorToken0123456789' }
const path = (rest: string): string => `/v1/operator/${rest}`
const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const dayMs = 24 * 60 * 60 * 1_000

type Token = { readonly token: string; readonly [field: string]: unknown }

describe('the port of operators', () => {
  let house: ComposedServer
  let alice: Resident
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: own.token, OPERATOR_ON_MAIN_PORT: 'off' })
    alice = await house.register('alice')
  })
  after(() => house.close())

  const ask = (headers: Record<string, string>, method = 'GET', to = path('acts'), at = house.operatorUrl) =>
    new Promise<{ readonly status: number; readonly headers: object; readonly body: string }>((resolve, reject) => {
      const { hostname, port } = new URL(at)
      const asked = request(
        { hostname, port, path: to, method, headers, setHost: headers['host'] === undefined },
        (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts).toString() })
          })
        },
      )
      asked.on('error', reject)
      asked.end()
    })
  const authorization = `Bearer ${own.token}`

  it('is another one than that of clients, on the loopback', async () => {
    expect(new URL(house.operatorUrl).hostname).to.equal('127.0.0.1')
    expect(house.operatorUrl).to.not.equal(house.server.url)
    expect(await ask({ authorization })).to.have.property('status', 200)
  })

  it('has nothing of the clients’, and theirs nothing of operators, not even that it is somewhere', async () => {
    for (const to of ['/', '/v1/users/me', '/v1/authority', '/docs', '/metrics', '/livez'])
      expect(await ask({ authorization }, 'GET', to), to).to.have.property('status', 404)
    for (const to of [path('acts'), path('status'), '/v1/audit/log', path('nothing')]) {
      const { status, body, headers } = await ask({ authorization }, 'GET', to, house.server.url)
      expect([status, (JSON.parse(body) as { code: string }).code], to).to.deep.equal([404, 'no-such-route'])
      expect(headers, to).to.not.have.property('access-control-allow-origin')
    }
  })

  it('answers no page: no header of CORS, to whatever is asked', async () => {
    const origin = 'https://evil.example'
    for (const [method, to] of [
      ['OPTIONS', path('acts')],
      ['GET', path('acts')],
      ['GET', '/v1/none'],
      ['OPTIONS', '/v1/none'],
    ] as const) {
      const { headers } = await ask({ origin, authorization, 'access-control-request-method': 'GET' }, method, to)
      // What is nothing is nobody's: under /v1 it says so to pages too, and has nothing to read.
      if (to.startsWith('/v1/operator')) expect(Object.keys(headers).join(), to).to.not.contain('access-control')
    }
  })

  it('is asked by its own names alone', async () => {
    const { port } = new URL(house.operatorUrl)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
      expect(await ask({ host, authorization }), host).to.have.property('status', 200)
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', 'localhost:1', 'example.org'])
      expect(await ask({ host, authorization }), host).to.have.property('status', 421)
  })

  it('knows no token of clients', async () => {
    for (const token of [alice.token, alice.queueToken])
      expect(await ask({ authorization: `Bearer ${token}` })).to.have.property('status', 401)
  })

  it('is told apart from the clients’ door by what that says to an operator token: the same to any, unread', async () => {
    const said = async (token: string): Promise<unknown> => {
      const { status, body } = await house.ask({ token }, 'GET', '/v1/users/me')
      return [status, body['code']]
    }
    expect(await said(own.token)).to.deep.equal([403, 'not-allowed'])
    expect(await said('hs_op_AnotherOperatorToken0123456789')).to.deep.equal([403, 'not-allowed'])
  })
})

describe('a token of operators', () => {
  let house: ComposedServer
  let directory: ReturnType<typeof temporaryDirectory>
  const start = async (more: Record<string, string> = {}): Promise<void> => {
    house = await composeServer({ OPERATOR_TOKEN: own.token, DATA_DIR: directory.path, ...more })
  }
  beforeEach(() => {
    directory = temporaryDirectory()
    return start()
  })
  afterEach(async () => {
    await house.close()
    directory.remove()
  })

  const make = (by: Bearer, name: string, role: string, more: object = {}, options: RawOptions = {}): Promise<Answer> =>
    house.ask(by, 'POST', path('tokens'), { json: { name, role, why: 'needed', ...more }, ...options })
  const made = async (name: string, role: string, more: object = {}): Promise<Token> => {
    const { status, body } = await make(own, name, role, more)
    expect(status, JSON.stringify(body)).to.equal(201)
    return body as Token
  }
  const revoke = (by: Bearer, name: string, options: RawOptions = {}): Promise<Answer> =>
    house.ask(by, 'DELETE', path(`tokens/${name}`), { json: { why: 'gone' }, ...options })
  const names = async (): Promise<readonly string[]> => {
    const { body } = await house.ask(own, 'GET', path('tokens'))
    return (body['tokens'] as readonly { readonly name: string }[]).map(({ name }) => name)
  }
  const statusOf = async (by: Bearer): Promise<number> => (await house.ask(by, 'GET', path('status'))).status
  const whats = async (): Promise<readonly object[]> => {
    const { body } = await house.ask(own, 'GET', path('acts'))
    return (body['acts'] as readonly { readonly what: object }[]).map(({ what }) => what)
  }
  const said = ({ status, body }: Answer): unknown => [status, body['code']]

  it('is made at once, shown once, and on record by its name and fingerprint alone', async () => {
    const token = await made('ci', 'read')
    expect(token.token).to.match(/^hs_op_[A-Za-z0-9_-]{32}$/)
    expect(await statusOf(token)).to.equal(200)
    expect(await names()).to.deep.equal(['operator', 'ci'])
    const { fingerprint } = token
    expect(await whats()).to.deep.equal([{ type: 'issueToken', token: fingerprint, name: 'ci', role: 'read' }])
    expect(JSON.stringify(await house.log())).to.not.contain(token.token)
  })

  it('is told of to whoever asks for the same again, but not shown', async () => {
    const [first, again] = [
      await make(own, 'ci', 'read', {}, { key: 'k' }),
      await make(own, 'ci', 'read', {}, { key: 'k' }),
    ]
    const { token, ...rest } = first.body
    expect(token).to.be.a('string')
    expect(again.body).to.deep.equal(rest)
    expect(await names()).to.deep.equal(['operator', 'ci'])
    expect(said(await make(own, 'ci', 'admin', {}, { key: 'k' }))).to.deep.equal([422, 'idempotency-mismatch'])
  })

  it('may what its role may, and nothing above', async () => {
    const roles = ['audit', 'read', 'operate', 'admin'] as const
    const by = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await made(role, role)] as const)))
    const allowed: readonly (readonly [string, string, (typeof roles)[number], object?])[] = [
      ['GET', 'acts', 'audit'],
      ['GET', 'status', 'audit'],
      ['GET', 'takedowns', 'audit'],
      ['GET', 'tokens', 'audit'],
      ['POST', 'takedowns', 'operate', { digest, why: 'x' }],
      ['DELETE', `takedowns/${digest}`, 'operate', { why: 'x' }],
      ['POST', 'clock/acceptance', 'operate', { why: 'x' }],
      ['DELETE', 'tokens/nobody', 'admin', { why: 'x' }],
    ]
    for (const [method, rest, least, json] of allowed)
      for (const role of roles) {
        const answer = await house.ask(by[role], method, path(rest), json === undefined ? {} : { json })
        const isAllowed = roles.indexOf(role) >= roles.indexOf(least)
        expect(answer.status === 403, `${role} ${method} ${rest}`).to.equal(!isAllowed)
        if (!isAllowed) expect(answer.body).to.include({ code: 'not-allowed', capability: `${least} token` })
      }
  })

  it('is made by admins alone, whatever the role that it is to have', async () => {
    const operate = await made('op', 'operate')
    for (const role of ['audit', 'read', 'operate', 'admin'])
      expect(said(await make(operate, 'mine', role)), role).to.deep.equal([403, 'not-allowed'])
    expect(said(await revoke(operate, 'operator'))).to.deep.equal([403, 'not-allowed'])
    expect(await names()).to.deep.equal(['operator', 'op'])
  })

  it('ends at once, for ever, and is told of so again', async () => {
    const token = await made('ci', 'operate')
    const [first, again] = [await revoke(own, 'ci', { key: 'r' }), await revoke(own, 'ci', { key: 'r' })]
    expect([first.status, again.body]).to.deep.equal([200, first.body])
    expect(await statusOf(token)).to.equal(401)
    expect(said(await revoke(own, 'ci'))).to.deep.equal([404, 'no-such-token'])
    expect((await whats())[0]).to.deep.equal({ type: 'revokeToken', token: token['fingerprint'], name: 'ci' })
    expect(await made('ci', 'read')).to.have.property('role', 'read')
    expect(await statusOf(token)).to.equal(401)
  })

  it('stays where it is the last one of an admin', async () => {
    expect(said(await revoke(own, 'operator'))).to.deep.equal([409, 'last-admin'])
    await made('reader', 'read')
    await made('short', 'admin', { expires: house.clock.now() + dayMs })
    house.leap(2 * dayMs)
    expect(said(await revoke(own, 'operator'))).to.deep.equal([409, 'last-admin'])
    const second = await made('second', 'admin')
    expect((await revoke(second, 'operator')).status).to.equal(200)
    expect(said(await revoke(second, 'second'))).to.deep.equal([409, 'last-admin'])
    expect(await statusOf(own)).to.equal(401)
  })

  it('ends by itself when it expires, and its name is free again', async () => {
    const token = await made('day', 'read', { expires: house.clock.now() + dayMs })
    expect(await statusOf(token)).to.equal(200)
    expect(said(await make(own, 'day', 'read'))).to.deep.equal([409, 'already-exists'])
    house.leap(dayMs)
    expect(said(await house.ask(token, 'GET', path('status')))).to.deep.equal([401, 'token-expired'])
    expect(said(await make(own, 'gone', 'read', { expires: house.clock.now() }))).to.deep.equal([400, 'malformed'])
    expect(await made('day', 'read')).to.have.property('name', 'day')
  })

  it('has a name that people can read, and never the server’s own', async () => {
    for (const name of ['', 'A', 'a b', '-a', 'ä', 'a'.repeat(33)])
      expect(said(await make(own, name, 'read')), name).to.deep.equal([400, 'malformed'])
    expect(said(await make(own, 'operator', 'admin'))).to.deep.equal([409, 'already-exists'])
    expect(said(await make(own, 'x', 'root'))).to.deep.equal([400, 'malformed'])
  })

  it('is what it was after a restart: made ones hold, revoked ones do not, whatever the settings say', async () => {
    const second = await made('second', 'admin')
    expect((await revoke(second, 'operator')).status).to.equal(200)
    await house.close()
    await start()
    expect(house.notices).to.deep.equal(['OPERATOR_TOKEN was revoked and does not hold: set another, or none'])
    expect(await statusOf(own)).to.equal(401)
    expect(await statusOf(second)).to.equal(200)
    await house.close()
    await start({ OPERATOR_TOKEN: `${own.token}Newer` })
    expect(await statusOf({ token: `${own.token}Newer` })).to.equal(200)
    expect(await statusOf(second)).to.equal(200)
  })

  it('is guessed only so often from one address, at this door and at the metrics, and a guess is none without a token', async () => {
    await house.close()
    await rm(directory.path, { recursive: true, force: true })
    const LIMITS = limitsWith({ operatorGuessesPerAddress: { burst: 3, everyMs: 60_000 } })
    await start({ LIMITS, TRUSTED_PROXIES: '127.0.0.1' })
    const guess = (to: string, token: string, address = '203.0.113.7') =>
      house.ask({ token }, 'GET', to, { headers: { 'x-forwarded-for': address } })
    for (let n = 0; n < 5; n++) expect(await house.ask(undefined, 'GET', path('acts'))).to.have.property('status', 401)
    const wrong = `${own.token}x`
    expect((await guess(path('acts'), wrong)).status).to.equal(401)
    expect((await guess('/metrics', wrong)).status).to.equal(404)
    const answers = await Promise.all(Array.from({ length: 5 }, () => guess(path('acts'), wrong)))
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([401, 429, 429, 429, 429])
    const late = await guess(path('acts'), own.token)
    expect(said(late)).to.deep.equal([429, 'rate-limited'])
    expect(late.headers.get('retry-after')).to.equal('60')
    expect((await guess(path('acts'), own.token, '198.51.100.7')).status).to.equal(200)
    house.pass(60_000)
    expect((await guess(path('acts'), own.token)).status).to.equal(200)
  })
})
