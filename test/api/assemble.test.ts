/** What every route gets from the assembler: tokens, bodies, idempotency keys, limits, problems. */
import { expect } from 'chai'
import { startToy } from './toyServer.js'
import type { Toy } from './toyServer.js'

describe('a route behind the assembler', () => {
  let toy: Toy
  before(async () => {
    toy = await startToy()
  })
  after(() => toy.close())

  type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> }
  type Answer = { readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers }
  const ask = async (path: string, init: Init = {}, token = 'good'): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers }
    const response = await fetch(toy.url + path, { method: 'POST', ...init, headers })
    const text = await response.text()
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    return { status: response.status, body, headers: response.headers }
  }
  const refusedWith = ({ status, body, headers }: Answer, wanted: number, code: string): void => {
    expect([status, body['code']]).to.deep.equal([wanted, code])
    expect(headers.get('content-type')).to.match(/^application\/problem\+json/)
    expect(body['requestId']).to.equal(headers.get('x-request-id'))
  }

  it('answers with what the schema let through and the position as a cursor', async () => {
    const { status, body } = await ask('/v1/echo/a%2Fb', { body: '{"value":1}' })
    expect(status).to.equal(201)
    expect(body).to.include({ name: 'a/b', value: 1, position: 'log1.7' })
    expect(Math.abs(Number(body['serverTime']) - Date.now())).to.be.lessThan(60_000)
  })

  it('derives the same command from the same key and body, another body hash from another body', async () => {
    const headers = { 'idempotency-key': 'k1' }
    const command = async (body: string): Promise<string[]> =>
      String((await ask('/v1/echo/a', { body, headers })).body['command']).split(' ')
    const [first, again, other] = [
      await command('{"value":1}'),
      await command('{"value":1}'),
      await command('{"value":2}'),
    ]
    expect(again).to.deep.equal(first)
    expect(other[0]).to.equal(first[0])
    expect(other[1]).to.not.equal(first[1])
  })

  it('makes a new command of every request without a key', async () => {
    const one = await ask('/v1/echo/a', { body: '{"value":1}' })
    const two = await ask('/v1/echo/a', { body: '{"value":1}' })
    expect(one.body['command']).to.not.equal(two.body['command'])
  })

  it('refuses a missing and an expired token', async () => {
    refusedWith(await ask('/v1/echo/a', { headers: { authorization: '' } }), 401, 'not-authenticated')
    refusedWith(await ask('/v1/echo/a', {}, 'old'), 401, 'token-expired')
  })

  const bad: readonly (readonly [string, string, number, string])[] = [
    ['no JSON', '{"value":', 400, 'malformed'],
    ['an unknown field', '{"value":1,"more":2}', 400, 'malformed'],
    ['an operator in place of a value', '{"value":{"$ne":null}}', 400, 'malformed'],
    ['__proto__', '{"value":[{"__proto__":{"admin":true}}]}', 400, 'malformed'],
    ['__proto__ in escapes', '{"value":[{"\\u005f_proto_\\u005F":{"admin":true}}]}', 400, 'malformed'],
    ['33 levels', `{"value":${'['.repeat(32)}${']'.repeat(32)}}`, 400, 'malformed'],
    ['a body one byte too large', `{"value":"${'x'.repeat(256 * 1024 - 12 + 1)}"}`, 413, 'too-large'],
    ['bytes that are not UTF-8', '\uFFFF', 400, 'malformed'],
  ]
  for (const [what, body, status, code] of bad) {
    it(`refuses ${what}`, async () => {
      const sent = body === '\uFFFF' ? new Uint8Array([0x22, 0xff, 0x22]) : body
      refusedWith(await ask('/v1/echo/a', { body: sent }), status, code)
    })
  }

  it('takes a body at the limit, and 32 levels', async () => {
    expect((await ask('/v1/echo/a', { body: `{"value":"${'x'.repeat(256 * 1024 - 12)}"}` })).status).to.equal(201)
    expect((await ask('/v1/echo/a', { body: `{"value":${'['.repeat(31)}${']'.repeat(31)}}` })).status).to.equal(201)
  })

  it('refuses a media type it does not take, and a compressed body', async () => {
    const headers = { 'content-type': 'message/mls' }
    refusedWith(await ask('/v1/echo/a', { body: 'x', headers }), 415, 'unsupported-media-type')
    const zipped = { 'content-encoding': 'gzip' }
    refusedWith(await ask('/v1/echo/a', { body: 'x', headers: zipped }), 415, 'unsupported-media-type')
  })

  it('refuses a path that is no text, a key that is no key, and an address where nothing is', async () => {
    refusedWith(await ask('/v1/echo/%E0%A4%A'), 400, 'malformed')
    refusedWith(
      await ask('/v1/echo/a', { body: '{"value":1}', headers: { 'idempotency-key': 'a b' } }),
      400,
      'malformed',
    )
    refusedWith(await ask('/v1/nowhere'), 404, 'no-such-route')
  })

  it('says what went wrong behind it, and never how', async () => {
    const away = await ask('/v1/fail/store')
    refusedWith(away, 503, 'store-unavailable')
    expect(away.headers.get('retry-after')).to.equal('1')
    expect(away.body).to.include({ retryAfter: 1 })
    refusedWith(await ask('/v1/fail/disk'), 507, 'storage-full')
    refusedWith(await ask('/v1/fail/refused'), 403, 'not-a-member')
    const bug = await ask('/v1/fail/bug')
    refusedWith(bug, 500, 'internal')
    expect(JSON.stringify(bug.body)).to.not.contain('secret')
    expect(toy.logged.join('')).to.contain('a secret detail')
  })

  it('says of a body that it read in part, however that ends, that nothing more is read on the connection', async () => {
    const sent = { body: Buffer.alloc(4 * 1024 * 1024), headers: { 'content-type': 'application/octet-stream' } }
    const connectionAfter = async (how: string): Promise<unknown> => {
      const { status, headers } = await ask(`/v1/begin/${how}`, sent)
      return [status, headers.get('connection')]
    }
    expect(await connectionAfter('fine')).to.deep.equal([204, 'close'])
    expect(await connectionAfter('refused')).to.deep.equal([403, 'close'])
    expect(await connectionAfter('disk')).to.deep.equal([507, 'close'])
    expect(await connectionAfter('bug')).to.deep.equal([500, 'close'])
  })

  it('waits for a position that is asked for, and refuses one of another log', async () => {
    const get = (query: string): Promise<Answer> => ask(`/v1/read${query}`, { method: 'GET' })
    expect((await get('?atLeast=log1.7&limit=5')).body).to.deep.equal({ limit: 5 })
    refusedWith(await get('?atLeast=log1.zz'), 503, 'read-model-behind')
    refusedWith(await get('?atLeast=log2.7'), 410, 'cursor-expired')
    refusedWith(await get('?atLeast=log1.zzz'), 410, 'cursor-expired')
    refusedWith(await get('?atLeast=x'), 400, 'malformed')
    const old = await get('?after=log1.7')
    refusedWith(old, 400, 'malformed')
    expect(old.body['detail']).to.include('?atLeast=<position>')
    refusedWith(await get('?limit=101'), 400, 'malformed')
  })
})
