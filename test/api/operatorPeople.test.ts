/** People, as operators find, see, keep out and remove them: lists are not on record, a look at one person is. */
import { expect } from 'chai'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import type { RawOptions, Resident } from '../faults/house.js'
import type { Answer } from './groupHouse.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const path = (rest: string): string => `/v1/operator/${rest}`
const uri = encodeURIComponent
type Listed = { readonly user: string; readonly handle: string; readonly disabled: boolean }

describe('people, to operators', () => {
  let house: ComposedServer
  let alice: Resident
  let bob: Resident
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token })
    alice = await house.register('Alice')
    bob = await house.register('bob')
  })
  after(() => house.close())

  const ask = (method: string, rest: string, json?: object, options: RawOptions = {}): Promise<Answer> =>
    house.ask(operator, method, path(rest), { ...(json === undefined ? {} : { json }), ...options })
  const of = ({ user }: Resident, rest = ''): string => `users/${uri(user)}${rest}`
  const list = async (query: string): Promise<readonly Listed[]> => {
    const { status, body } = await ask('GET', `users?${query}`)
    expect(status, JSON.stringify(body)).to.equal(200)
    return body['users'] as readonly Listed[]
  }
  const handles = async (query: string): Promise<readonly string[]> => (await list(query)).map(({ handle }) => handle)
  const acts = async (): Promise<readonly { readonly what: object; readonly why: string }[]> =>
    (await ask('GET', 'acts')).body['acts'] as never
  /** Until the read models have seen all that was done. */
  const level = async ({ body }: Answer): Promise<void> => {
    await ask('GET', `acts?atLeast=${String(body['position'])}`)
  }
  const done = async (answer: Promise<Answer>): Promise<Answer> => {
    const given = await answer
    expect(given.status, JSON.stringify(given.body)).to.equal(200)
    await level(given)
    return given
  }
  const said = ({ status, body }: Answer): unknown => [status, body['code']]

  it('are found by id, by handle in any case, and by its beginning, whoever else may find them', async () => {
    await level(await house.ask(alice, 'PATCH', '/v1/users/me', { json: { discovery: 'hidden' } }))
    expect(await handles(`user=${uri(alice.user)}`)).to.deep.equal(['Alice'])
    expect(await handles('handle=ALICE')).to.deep.equal(['Alice'])
    expect(await handles('handle=alic')).to.deep.equal([])
    expect(await handles('prefix=Al')).to.deep.equal(['Alice'])
    expect(await handles('prefix=b')).to.deep.equal(['bob'])
    for (const none of [
      'prefix=zz',
      'prefix=%24',
      'handle=x',
      `user=${uri(alice.user.replace('example.org', 'a.example'))}`,
    ])
      expect(await handles(none), none).to.deep.equal([])
    expect(said(await ask('GET', 'users?handle=a&prefix=a'))).to.deep.equal([400, 'malformed'])
    expect(said(await ask('GET', 'users?after=nobody'))).to.deep.equal([400, 'malformed'])
    expect(await acts()).to.deep.equal([])
  })

  it('are listed page by page, each once', async () => {
    for (const handle of ['paul1', 'paul2', 'paul3']) await house.register(handle)
    for (const wanted of ['', 'prefix=paul&']) {
      const seen: string[] = []
      for (let after = ''; ;) {
        const { body } = await ask('GET', `users?${wanted}limit=2${after}`)
        seen.push(...(body['users'] as readonly Listed[]).map(({ handle }) => handle))
        if (body['next'] === undefined) break
        after = `&after=${uri(body['next'] as string)}`
      }
      expect([...seen].sort(), wanted).to.deep.equal([
        ...(wanted === '' ? ['Alice', 'bob'] : []),
        'paul1',
        'paul2',
        'paul3',
      ])
    }
  })

  it('are looked at one by one on record, with why', async () => {
    expect(said(await ask('GET', of(alice)))).to.deep.equal([400, 'malformed'])
    const { status, body } = await ask('GET', `${of(alice)}?why=${uri('nothing arrives')}`)
    expect(status, JSON.stringify(body)).to.equal(200)
    expect(body).to.deep.include({ user: alice.user, handle: 'Alice', disabled: false, groups: [], moreGroups: false })
    const [client] = body['clients'] as readonly Record<string, unknown>[]
    expect(client).to.include({ client: alice.client, directQueue: alice.directQueue })
    expect((await acts())[0]).to.deep.include({
      what: { type: 'lookAtUser', user: alice.user },
      why: 'nothing arrives',
    })
    const before = (await acts()).length
    const nobody = alice.user.replace(/.{22}$/, 'AAAAAAAAAAAAAAAAAAAAAA')
    for (const other of [nobody, alice.user.replace('example.org', 'a.example')])
      expect(said(await ask('GET', `users/${uri(other)}?why=x`))).to.deep.equal([404, 'no-such-user'])
    expect(await acts()).to.have.length(before)
  })

  it('show how much waits for each client, and since when', async () => {
    const carol = await house.register('carol')
    const request = `/v1/users/${uri(carol.user)}/requests`
    await level(await house.ask(alice, 'POST', request, { json: { ciphertext: 'AAAA' } }))
    const { body } = await ask('GET', `${of(carol)}?why=x`)
    const [client] = body['clients'] as readonly { readonly waiting: number; readonly oldest?: number }[]
    expect(client!.waiting).to.equal(1)
    expect(client!.oldest).to.be.within(house.clock.now() - 60_000, house.clock.now())
  })

  it('are kept out at once, and let in again as they were', async () => {
    const dave = await house.register('dave')
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'], {
      headers: { authorization: `Bearer ${dave.token}` },
    })
    await once(socket, 'open')
    const closed = once(socket, 'close')
    await done(ask('POST', of(dave, '/disable'), { why: 'spam' }))
    await closed
    const me = (): Promise<Answer> => house.ask(dave, 'GET', '/v1/users/me')
    const exchange = async (): Promise<Answer> => {
      const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
      const json = { grant_type, assertion: await house.assertionOf(dave.client, dave.key) }
      return house.ask(undefined, 'POST', '/v1/token', { json })
    }
    expect(said(await me())).to.deep.equal([403, 'user-disabled'])
    expect(said(await exchange())).to.deep.equal([403, 'user-disabled'])
    expect(said(await house.askToLink(dave))).to.deep.equal([403, 'user-disabled'])
    const find = async (): Promise<unknown> => (await house.ask(bob, 'GET', '/v1/directory?handle=dave')).body['users']
    expect(await find()).to.deep.equal([])
    const claim = `/v1/users/${uri(dave.user)}/keyPackages/claim`
    expect(said(await house.ask(bob, 'POST', claim, { json: { cipherSuite: 1 } }))).to.deep.equal([404, 'no-such-user'])
    expect((await list('handle=dave'))[0]).to.include({ disabled: true })
    await done(ask('POST', of(dave, '/enable'), { why: 'it was another one' }))
    expect((await me()).status).to.equal(200)
    expect((await exchange()).status).to.equal(200)
    expect(await find()).to.have.length(1)
    expect((await list('handle=dave'))[0]).to.include({ disabled: false })
  })

  it('leave their fan-out queues, which tell nobody whose they are, to whoever has those keys: to read, and nothing else', async () => {
    const frank = await house.register('mute')
    const items = `/v1/queues/${uri(frank.queue)}/items`
    await done(ask('POST', of(frank, '/disable'), { why: 'spam' }))
    const fresh = { token: await house.tokenOf(frank.queue, frank.queueKey) }
    for (const by of [{ token: frank.queueToken }, fresh]) {
      expect((await house.ask(by, 'GET', items)).status).to.equal(200)
      for (const [method, path] of [
        ['GET', '/v1/users/me'],
        ['POST', '/v1/groups'],
        ['POST', '/v1/queues'],
        ['GET', `/v1/queues/${uri(frank.directQueue)}/items`],
      ] as const)
        expect((await house.ask(by, method, path)).status, path).to.be.oneOf([403, 404])
    }
    expect(
      JSON.stringify((await house.log()).filter(({ data }) => JSON.stringify(data).includes(frank.user))),
    ).not.to.contain(frank.queue)
    await done(ask('POST', of(frank, '/enable'), { why: 'over' }))
  })

  it('are removed on record, and their handles are free', async () => {
    const erin = await house.register('erin')
    const json = { why: 'asked to' }
    const first = await done(ask('DELETE', of(erin), json, { key: 'k' }))
    expect((await ask('DELETE', of(erin), json, { key: 'k' })).body).to.deep.equal(first.body)
    expect(said(await house.ask(erin, 'GET', '/v1/users/me'))).to.deep.equal([401, 'not-authenticated'])
    expect(said(await ask('DELETE', of(erin), json))).to.deep.equal([404, 'no-such-user'])
    expect(said(await ask('GET', `${of(erin)}?why=x`))).to.deep.equal([410, 'user-deleted'])
    expect((await acts())[0]).to.deep.include({ what: { type: 'removeUser', user: erin.user }, why: 'asked to' })
    expect(await list('handle=erin')).to.deep.equal([])
    expect((await house.register('erin')).user).to.not.equal(erin.user)
  })

  it('lose a handle that is taken away, which the next one may have', async () => {
    const grace = await house.register('grace')
    await level(await house.ask(grace, 'PATCH', '/v1/users/me', { json: { discovery: 'prefix' } }))
    const json = { why: 'a trade mark' }
    const first = await done(ask('DELETE', of(grace, '/handle'), json, { key: 'h' }))
    expect((await ask('DELETE', of(grace, '/handle'), json, { key: 'h' })).body).to.deep.equal(first.body)
    expect((await house.ask(grace, 'GET', '/v1/users/me')).body).to.include({ user: grace.user, handle: null })
    for (const query of ['handle=grace', 'prefix=gra'])
      expect((await house.ask(bob, 'GET', `/v1/directory?${query}`)).body['users'], query).to.deep.equal([])
    expect(await list('prefix=grace')).to.deep.equal([])
    expect((await list(`user=${uri(grace.user)}`))[0]).to.include({ handle: null })
    const next = await house.register('grace')
    await done(ask('DELETE', of(grace), json))
    expect((await list('handle=grace')).map(({ user }) => user)).to.deep.equal([next.user])
    expect((await house.ask(bob, 'GET', '/v1/directory?handle=grace')).body['users']).to.have.length(1)
  })

  it('lose a client that is to be removed, but never the last one', async () => {
    const frank = await house.register('frank')
    const phone = await house.link(frank)
    const client = ({ client: one }: Resident): string => of(frank, `/clients/${uri(one)}`)
    expect(said(await ask('DELETE', client(bob), { why: 'x' }))).to.deep.equal([404, 'no-such-client'])
    await done(ask('DELETE', client(phone), { why: 'stolen' }))
    expect(said(await house.ask(phone, 'GET', '/v1/users/me'))).to.deep.equal([401, 'not-authenticated'])
    expect(said(await ask('DELETE', client(frank), { why: 'x' }))).to.deep.equal([403, 'not-allowed'])
    const removed = (await house.events()).find(({ type }) => type === 'ClientRemoved')
    expect(removed?.data).to.include({ client: phone.client, reason: 'operator' })
  })

  it('are seen by read, acted on by operate, and by audit not at all', async () => {
    const make = async (role: string): Promise<{ readonly token: string }> =>
      (await ask('POST', 'tokens', { name: role, role, why: 'x' })).body as never
    const [audit, read] = [await make('audit'), await make('read')]
    for (const rest of ['users', `users?handle=bob`, `${of(bob)}?why=x`]) {
      expect(said(await house.ask(audit, 'GET', path(rest))), rest).to.deep.equal([403, 'not-allowed'])
      expect((await house.ask(read, 'GET', path(rest))).status, rest).to.equal(200)
    }
    for (const [method, rest] of [
      ['POST', '/disable'],
      ['POST', '/enable'],
      ['DELETE', ''],
      ['DELETE', `/clients/${uri(bob.client)}`],
    ] as const)
      expect(said(await house.ask(read, method, path(of(bob, rest)), { json: { why: 'x' } })), rest).to.deep.equal([
        403,
        'not-allowed',
      ])
  })
})
