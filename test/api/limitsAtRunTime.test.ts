/** Limits and budgets that an operator changes while the server runs, over HTTP. */
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import { limitsWith } from '../faults/house.js'
import type { Answer } from './groupHouse.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
type Shown = { readonly name: string; readonly value: unknown; readonly source: string; readonly setting: unknown }

describe('limits at run time', () => {
  let house: ComposedServer
  const start = async (more: Record<string, string> = {}): Promise<void> => {
    house = await composeServer({
      OPERATOR_TOKEN: operator.token,
      LIMITS: limitsWith({ keyPackagesPerUploadMax: 30 }),
      ...more,
    })
  }
  before(() => start())
  after(() => house.close())
  afterEach(async () => {
    const { body } = await ask('GET', 'limits')
    for (const { name, source } of body['limits'] as readonly Shown[]) if (source === 'operator') await reset(name)
  })

  const ask = (method: string, rest: string, json?: object): Promise<Answer> =>
    house.ask(operator, method, `/v1/operator/${rest}`, json === undefined ? {} : { json })
  const set = async (name: string, value: unknown): Promise<void> => {
    const { status, body } = await ask('PUT', `limits/${name}`, { value, why: 'tried' })
    expect(status, JSON.stringify(body)).to.equal(200)
  }
  const reset = async (name: string): Promise<void> => {
    expect((await ask('DELETE', `limits/${name}`, { why: 'tried' })).status).to.equal(200)
  }
  const shown = async (name: string): Promise<Shown | undefined> => {
    const { body } = await ask('GET', 'limits')
    return (body['limits'] as readonly Shown[]).find((one) => one.name === name)
  }
  const discovered = async (): Promise<{ readonly [name: string]: unknown }> =>
    (await house.ask(undefined, 'GET', '/.well-known/mls-homeserver')).body['limits'] as never

  it('hold from the next request on, until they are reset', async () => {
    const alice = await house.register()
    await set('clientsPerUserMax', 1)
    const refused = await house.askToLink(alice)
    expect([refused.status, refused.body['limit'], refused.body['max']]).to.deep.equal([429, 'clientsPerUserMax', 1])
    await reset('clientsPerUserMax')
    expect((await house.askToLink(alice)).status).to.equal(201)
  })

  it('hold where a schema, a body’s reader or a bucket has them', async () => {
    const alice = await house.register()
    const page = async (limit: number): Promise<number> =>
      (await house.ask(alice, 'GET', `/v1/assets?limit=${limit}`)).status
    expect([await page(100), await page(101)]).to.deep.equal([200, 400])
    await set('listPageMax', 200)
    expect([await page(200), await page(201)]).to.deep.equal([200, 400])
    await set('listPageMax', 10)
    expect([await page(10), await page(11)]).to.deep.equal([200, 400])
    const blank = { text: `{}${' '.repeat(20_000)}` }
    expect((await house.ask(undefined, 'POST', '/v1/ids', blank)).status).to.equal(200)
    await set('jsonBodyBytesMax', 16_384)
    expect((await house.ask(undefined, 'POST', '/v1/ids', blank)).body).to.include({ code: 'too-large', max: 16_384 })
    await set('commandsPerClient', { burst: 1, everyMs: 900_000 })
    const change = { json: { claims: 'anyone' } }
    expect((await house.ask(alice, 'PATCH', '/v1/users/me', change)).status).to.equal(200)
    expect((await house.ask(alice, 'PATCH', '/v1/users/me', change)).body).to.include({ code: 'rate-limited' })
    await reset('commandsPerClient')
    expect((await house.ask(alice, 'PATCH', '/v1/users/me', change)).status).to.equal(200)
  })

  it('are published anew, in the discovery document and where OpenAPI names one', async () => {
    const at = '/.well-known/mls-homeserver'
    const { headers } = await house.ask(undefined, 'GET', at)
    const known = { headers: { 'if-none-match': headers.get('etag') ?? '' } }
    expect((await house.ask(undefined, 'GET', at, known)).status).to.equal(304)
    const pages = async (): Promise<string> =>
      Buffer.from((await house.ask(undefined, 'GET', '/openapi.json')).bytes).toString()
    expect(await pages()).to.include('"maximum":100')
    await set('listPageMax', 77)
    expect((await house.ask(undefined, 'GET', at, known)).status).to.equal(200)
    expect((await discovered())['listPageMax']).to.equal(77)
    expect(await pages())
      .to.include('"maximum":77')
      .and.not.include('"maximum":100')
    await set('sendsPerClient', { burst: 9, everyMs: 1_500 })
    const { body } = await house.ask(undefined, 'GET', at)
    expect(body['rates']).to.deep.include({ sendsPerClient: { burst: 9, everyMs: 1_500 } })
  })

  it('say whose word each is: an operator’s, a setting’s, or nobody’s', async () => {
    const name = 'keyPackagesPerUploadMax'
    expect(await shown(name)).to.include({ value: 30, source: 'environment', setting: 30 })
    expect(await shown('usersBlockedMax')).to.include({ value: 1_000, source: 'default' })
    await set(name, 20)
    expect(await shown(name)).to.include({ value: 20, source: 'operator', setting: 30 })
    await reset(name)
    expect(await shown(name)).to.include({ value: 30, source: 'environment' })
  })

  it('are refused by name where the server would not work, and that is no act', async () => {
    const before = (await house.events()).length
    const put = async (name: string, value: unknown): Promise<object> => {
      const { status, body } = await ask('PUT', `limits/${name}`, { value, why: 'tried' })
      const { code, limit, min, max, part } = body
      return { status, code, limit, min, max, part }
    }
    const none = { limit: undefined, min: undefined, max: undefined, part: undefined }
    const beyond = { status: 422, code: 'limit-out-of-range' }
    expect(await put('groupMembersMax', 0)).to.deep.equal({
      ...{ ...none, ...beyond },
      ...{ limit: 'groupMembersMax', min: 2, max: 5_000 },
    })
    expect(await put('sendsPerClient', { burst: 0, everyMs: 1_000 })).to.deep.equal({
      ...beyond,
      ...{ limit: 'sendsPerClient', min: 1, max: 60_000, part: 'burst' },
    })
    const fixed = { ...none, status: 409, code: 'limit-fixed', limit: 'listenBacklogMax' }
    expect(await put('listenBacklogMax', 10)).to.deep.equal(fixed)
    for (const [name, value] of [
      ['groupMembersMax', 2.5],
      ['groupMembersMax', { burst: 1, everyMs: 1_000 }],
      ['sendsPerClient', 5],
      ['sendsPerClient', 'off'],
      ['nobodysMax', 5],
    ] as const)
      expect(await put(name, value), name).to.deep.equal({ ...none, status: 400, code: 'malformed' })
    expect((await house.events()).length).to.equal(before)
  })

  it('are on record with who and why, and changed by nobody who only reads', async () => {
    await set('groupMembersMax', 200)
    const { body } = await ask('GET', 'acts')
    const [act] = body['acts'] as readonly { readonly what: object; readonly why: string; readonly by: object }[]
    expect(act).to.deep.include({ what: { type: 'setLimit', name: 'groupMembersMax', value: 200 }, why: 'tried' })
    expect(act?.by).to.include({ name: 'operator' })
    const issued = await ask('POST', 'tokens', { name: 'reader', role: 'read', why: 'x' })
    const reader = { token: String(issued.body['token']) }
    const path = '/v1/operator/limits/groupMembersMax'
    const tried = await house.ask(reader, 'PUT', path, { json: { value: 9, why: 'x' } })
    expect([tried.status, tried.body['code']]).to.deep.equal([403, 'not-allowed'])
    expect((await house.ask(reader, 'GET', '/v1/operator/limits')).status).to.equal(200)
  })

  it('outlive a restart, whatever LIMITS says then', async () => {
    const DATA_DIR = await mkdtemp(join(tmpdir(), 'homeserver-limits-'))
    await house.close()
    await start({ DATA_DIR })
    await set('groupMembersMax', 200)
    await house.close()
    await start({ DATA_DIR, LIMITS: limitsWith({ groupMembersMax: 300 }) })
    expect(await shown('groupMembersMax')).to.include({ value: 200, source: 'operator', setting: 300 })
    expect((await discovered())['groupMembersMax']).to.equal(200)
    await house.close()
    await rm(DATA_DIR, { recursive: true, force: true, maxRetries: 3 })
    await start()
  })
})
