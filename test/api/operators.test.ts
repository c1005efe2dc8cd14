/** The operators' door, over HTTP: who may ask there, and that what they do is on record with who and why. */
import { expect } from 'chai'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import type { Resident } from '../faults/house.js'
import type { Answer } from './groupHouse.js'

const token = 'hs_op_PlantedOperatorToken0123456789'
const operator = { token }
const [digest, other] = ['47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg']
const byMe = { token: 'HPeLWg9Bj_Ky6GN7', name: 'operator' }

type Act = { readonly number: number; readonly by: object; readonly what: object; readonly why: string }

describe('the door of operators', () => {
  let house: ComposedServer
  let alice: Resident
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: token })
    alice = await house.register('alice')
  })
  after(() => house.close())

  const path = (rest: string): string => `/v1/operator/${rest}`
  const takeDown = (of: string, key?: string, why = 'a court said so'): Promise<Answer> =>
    house.ask(operator, 'POST', path('takedowns'), { json: { digest: of, why }, ...(key === undefined ? {} : { key }) })
  const lift = (of: string, key?: string): Promise<Answer> =>
    house.ask(operator, 'DELETE', path(`takedowns/${of}`), {
      json: { why: 'another court' },
      ...(key === undefined ? {} : { key }),
    })
  const acts = async (query = ''): Promise<readonly Act[]> =>
    (await house.ask(operator, 'GET', path(`acts${query}`))).body['acts'] as readonly Act[]
  const taken = async (): Promise<readonly string[]> => {
    const { body } = await house.ask(operator, 'GET', path('takedowns'))
    return (body['takedowns'] as readonly { readonly digest: string }[]).map(({ digest: of }) => of)
  }
  const eventsOn = async (stream: string) =>
    (await house.events()).filter((event) => event.stream === stream).map(({ type, data }) => ({ type, data }))

  it('is closed to everybody without the operator’s token', async () => {
    for (const by of [undefined, alice, { token: alice.queueToken }, { token: `${token}x` }]) {
      for (const [method, rest] of [
        ['GET', 'acts'],
        ['GET', 'status'],
        ['GET', 'takedowns'],
        ['POST', 'takedowns'],
        ['DELETE', `takedowns/${digest}`],
        ['POST', 'clock/acceptance'],
      ] as const) {
        const { status, body } = await house.ask(by, method, path(rest))
        expect([status, body['code']], `${method} ${rest}`).to.deep.equal([401, 'not-authenticated'])
      }
    }
    expect(await acts()).to.deep.equal([])
  })

  it('opens nothing that is for clients', async () => {
    expect(await house.ask(operator, 'GET', '/v1/users/me')).to.have.property('status', 403)
  })

  it('lets no page of another origin in, whatever is asked', async () => {
    const headers = { origin: 'https://evil.example' }
    for (const [method, rest] of [
      ['OPTIONS', 'acts'],
      ['GET', 'acts'],
      ['GET', 'nothing/here'],
      ['PUT', 'acts'],
    ] as const) {
      const answer = await fetch(house.server.url + path(rest), { method, headers })
      const allowed: string[] = []
      answer.headers.forEach((_, name) => {
        if (name.startsWith('access-control')) allowed.push(name)
      })
      expect(allowed, `${method} ${rest}`).to.deep.equal([])
      expect(answer.headers.get('x-request-id'), `${method} ${rest}`).to.be.a('string')
    }
  })

  it('says how the server stands', async () => {
    const { status, body } = await house.ask(operator, 'GET', path('status'))
    expect(status).to.equal(200)
    expect(body).to.include({ domain: 'example.org', ready: true })
    expect(body['projections']).to.deep.include({ name: 'queues', lagMs: 0, parked: 0 })
  })

  it('takes bytes down on record: who, what and why', async () => {
    const { status, body } = await takeDown(digest)
    expect(status).to.equal(200)
    expect(body).to.have.all.keys('position', 'serverTime')
    const what = { type: 'takeDown', digest }
    const [first] = await acts()
    expect(first).to.deep.equal({ number: 1, by: byMe, what, why: 'a court said so', at: body['serverTime'] })
    expect(await eventsOn('operators')).to.deep.include({
      type: 'OperatorActed',
      data: { number: 1, by: byMe, what, why: 'a court said so' },
    })
    expect(await eventsOn(`digest-${digest}`)).to.deep.equal([{ type: 'DigestTakenDown', data: { digest, act: 1 } }])
    expect(await taken()).to.deep.equal([digest])
  })

  it('writes no token down', async () => {
    expect(JSON.stringify(await house.log())).to.not.contain(token)
  })

  it('does an act once, however often it is asked for, and refuses another under its name', async () => {
    const [one, again] = [await takeDown(other, 'k1'), await takeDown(other, 'k1')]
    expect(again.body).to.deep.equal(one.body)
    expect((await takeDown(other, 'k1', 'another reason')).body).to.include({ code: 'idempotency-mismatch' })
    expect(await acts()).to.have.length(2)
    expect(await taken()).to.deep.equal([other, digest])
  })

  it('lifts a takedown on record, and says so again to whoever asks again', async () => {
    const [one, again] = [await lift(other, 'k2'), await lift(other, 'k2')]
    expect([one.status, again.body]).to.deep.equal([200, one.body])
    expect(await taken()).to.deep.equal([digest])
    const late = await lift(other)
    expect([late.status, late.body['code']]).to.deep.equal([404, 'no-such-takedown'])
    expect((await acts())[0]).to.deep.include({ number: 3, what: { type: 'liftTakedown', digest: other } })
    expect(await acts()).to.have.length(3)
    await takeDown(other)
    expect(await taken()).to.deep.equal([other, digest])
  })

  it('asks for a reason, in as many characters as a sentence has', async () => {
    const before = await acts()
    for (const why of ['', ' \n', 'x'.repeat(501), undefined, 7]) {
      const answer = await house.ask(operator, 'POST', path('takedowns'), { json: { digest, why } })
      expect([answer.status, answer.body['code']], String(why)).to.deep.equal([400, 'malformed'])
    }
    expect(await acts()).to.deep.equal(before)
    expect(await takeDown(digest, undefined, 'x'.repeat(500))).to.have.property('status', 200)
  })

  it('takes a digest only as the server writes it: another spelling of the same bytes takes nothing down', async () => {
    for (const wrong of ['', 'AAAA', `${digest.slice(0, -1)}V`, `${digest}A`, `${digest}=`]) {
      expect(await takeDown(wrong), wrong).to.have.property('status', 400)
    }
    expect(await lift(`${digest.slice(0, -1)}V`)).to.have.property('status', 400)
  })

  it('pages through what was done, the newest first, each once', async () => {
    const seen: (readonly number[])[] = []
    const pages = async (query: string): Promise<void> => {
      const { body } = await house.ask(operator, 'GET', path(`acts?limit=2${query}`))
      const next = body['next'] as string | undefined
      seen.push((body['acts'] as readonly Act[]).map(({ number }) => number))
      if (next !== undefined) await pages(`&before=${encodeURIComponent(next)}`)
    }
    await pages('')
    expect(seen).to.deep.equal([[5, 4], [3, 2], [1]])
  })

  it('refuses a page of another log, and what is no page', async () => {
    for (const [before, code] of [
      ['3.elsewhere.1', 'cursor-expired'],
      ['3', 'malformed'],
      ['x.y.z', 'malformed'],
      ['-1.y.1', 'malformed'],
    ] as const) {
      const { body } = await house.ask(operator, 'GET', path(`acts?before=${before}`))
      expect(body['code'], before).to.equal(code)
    }
  })

  it('believes an operator that the clock is right, and names the time that nobody could use', async () => {
    const dayMs = 24 * 60 * 60 * 1_000
    const began = house.clock.now()
    house.leap(30 * dayMs)
    house.pass(2_000)
    while (!(await eventsOn('server')).some(({ type }) => type === 'ClockHeld')) await new Promise(setImmediate)
    const held = await house.ask(operator, 'GET', path('status'))
    expect(String(held.body['notes'])).to.contain('nothing expires')
    const accept = await house.ask(operator, 'POST', path('clock/acceptance'), { json: { why: 'planned' } })
    expect(accept.status).to.equal(200)
    expect((await acts())[0]).to.deep.include({ what: { type: 'acceptClock' }, why: 'planned' })
    const { type, data } = (await eventsOn('server')).at(-1)!
    expect([type, data]).to.have.nested.property('1.by', 'operator')
    expect(data).to.have.nested.property('skipped.until', accept.body['serverTime'])
    expect((data as { skipped: { from: number } }).skipped.from).to.be.within(began - 10_000, began + 10_000)
    house.pass(61_000)
    const notes = async (): Promise<unknown> => (await house.ask(operator, 'GET', path('status'))).body['notes']
    while (JSON.stringify(await notes()) !== '[]') await new Promise(setImmediate)
  })
})
