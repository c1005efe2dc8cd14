/** Registration by invitation, over HTTP: who comes, who does not, and that one invitation is one account. */
import { expect } from 'chai'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import { limitsWith } from '../faults/house.js'
import type { RawOptions } from '../faults/house.js'
import type { Answer } from './groupHouse.js'
import { makeTestKey } from './testClient.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const path = (rest: string): string => `/v1/operator/${rest}`
const dayMs = 24 * 60 * 60 * 1_000

describe('registration by invitation', () => {
  let house: ComposedServer
  const start = async (more: Record<string, string> = {}): Promise<void> => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token, REGISTRATION: 'invitation', ...more })
  }
  afterEach(() => house.close())

  const ask = (method: string, rest: string, json?: object, options: RawOptions = {}): Promise<Answer> =>
    house.ask(operator, method, path(rest), { ...(json === undefined ? {} : { json }), ...options })
  const invite = async (more: object = {}): Promise<{ readonly invitation: string; readonly hash: string }> => {
    const { status, body } = await ask('POST', 'invitations', { why: 'a colleague', ...more })
    expect(status, JSON.stringify(body)).to.equal(201)
    return body as never
  }
  /** A request that is one person's, whoever sends it. */
  const person = async (handle: string): Promise<Record<string, unknown>> => {
    const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
    const { user, client } = body as { user: string; client: string }
    const csr = Buffer.from(await (await makeTestKey()).csr([user, client])).toString('base64url')
    return { user, client, handle, csr }
  }
  const register = async (json: object, options: RawOptions = {}): Promise<Answer> =>
    house.ask(undefined, 'POST', '/v1/users', { json, ...options })
  const said = ({ status, body }: Answer): unknown => [status, body['code']]
  const statuses = async (): Promise<readonly string[]> => {
    const { body } = await ask('GET', 'invitations')
    return (body['invitations'] as readonly { readonly status: string }[]).map(({ status }) => status)
  }
  const needed = [403, 'invitation-needed']

  it('lets one of twenty in who race for one invitation, and writes nothing for the others', async () => {
    await start()
    const { invitation } = await invite()
    const people = await Promise.all(Array.from({ length: 20 }, (_, n) => person(`racer${String(n)}`)))
    const answers = await Promise.all(people.map((one) => register({ ...one, invitation })))
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1)
    expect(answers.filter((answer) => String(said(answer)) === String(needed))).to.have.length(19)
    const types = (await house.events()).map(({ type }) => type)
    for (const type of ['InvitationUsed', 'ClientIdTaken', 'HandleReserved', 'SignatureKeyTaken', 'UserRegistered'])
      expect(
        types.filter((one) => one === type),
        type,
      ).to.have.length(1)
    expect(await statuses()).to.deep.equal(['used'])
  })

  it('says the same of one that is used, expired, revoked, unknown or missing', async () => {
    await start()
    const [used, expired, revoked] = [
      await invite(),
      await invite({ expires: house.clock.now() + dayMs }),
      await invite(),
    ]
    expect((await register({ ...(await person('first')), invitation: used.invitation })).status).to.equal(201)
    expect((await ask('DELETE', `invitations/${revoked.hash}`, { why: 'x' })).status).to.equal(200)
    house.leap(dayMs)
    const before = (await house.events()).length
    const unknown = 'hs_in_AAAAAAAAAAAAAAAAAAAAAA'
    for (const invitation of [used.invitation, expired.invitation, revoked.invitation, unknown, undefined]) {
      const { status, body } = await register({ ...(await person('second')), invitation })
      expect({ ...body, requestId: '' }, invitation).to.deep.equal({
        type: 'urn:mls-homeserver:problem:invitation-needed',
        title: 'Who registers here needs an invitation that holds',
        status,
        code: 'invitation-needed',
        requestId: '',
      })
    }
    expect((await house.events()).length).to.equal(before)
    expect(await statuses()).to.deep.equal(['revoked', 'expired', 'used'])
  })

  it('gives it back when the registration is refused, to whoever shows it', async () => {
    await start()
    expect((await register({ ...(await person('taken')), invitation: (await invite()).invitation })).status).to.equal(
      201,
    )
    const { invitation } = await invite()
    const first = await person('taken')
    expect(said(await register({ ...first, invitation }))).to.deep.equal([409, 'already-exists'])
    expect((await register({ ...(await person('another')), invitation })).status).to.equal(201)
    expect(said(await register({ ...first, handle: 'free', invitation }))).to.deep.equal(needed)
  })

  it('lets the same proof come again, and answers what is done whoever may come by then', async () => {
    await start()
    const { invitation } = await invite()
    const one = { ...(await person('anna')), invitation }
    const first = await register(one, { key: 'k' })
    expect(first.status).to.equal(201)
    expect((await register(one, { key: 'k' })).body).to.deep.equal(first.body)
    expect((await ask('PUT', 'registration', { registration: 'closed', why: 'full' })).status).to.equal(200)
    expect((await register(one, { key: 'k' })).body).to.deep.equal(first.body)
    expect(said(await register(await person('bob')))).to.deep.equal([403, 'not-allowed'])
  })

  it('is turned on and off while the server runs, on record', async () => {
    await start({ REGISTRATION: 'open' })
    expect((await register(await person('anna'))).status).to.equal(201)
    expect((await ask('PUT', 'registration', { registration: 'invitation', why: 'spam' })).status).to.equal(200)
    expect((await ask('GET', 'registration')).body).to.deep.equal({ registration: 'invitation' })
    expect(said(await register(await person('bert')))).to.deep.equal(needed)
    expect((await ask('PUT', 'registration', { registration: 'open', why: 'over' })).status).to.equal(200)
    expect((await register(await person('carl'))).status).to.equal(201)
    const { body } = await ask('GET', 'acts')
    expect((body['acts'] as readonly { readonly what: object }[]).map(({ what }) => what)).to.deep.equal([
      { type: 'changeRegistration', registration: 'open' },
      { type: 'changeRegistration', registration: 'invitation' },
    ])
  })

  it('keeps a handle for who comes by the invitation, and for nobody else', async () => {
    await start({ REGISTRATION: 'open' })
    const { invitation, hash } = await invite({ handle: 'Anna' })
    expect(said(await register(await person('anna')))).to.deep.equal([409, 'already-exists'])
    expect(said(await ask('POST', 'invitations', { handle: 'anna', why: 'x' }))).to.deep.equal([409, 'already-exists'])
    const one = await person('other')
    const { status, body } = await register({ ...one, invitation })
    expect([status, body['code'], body['capability']]).to.deep.equal([403, 'not-allowed', 'registerOtherHandle'])
    expect((await register({ ...one, handle: 'anna', invitation })).status).to.equal(201)
    expect(said(await ask('POST', 'invitations', { handle: 'anna', why: 'x' }))).to.deep.equal([409, 'already-exists'])
    expect(hash).to.be.a('string')
  })

  it('lets a kept handle go when its invitation is revoked or has expired', async () => {
    await start({ REGISTRATION: 'open' })
    const { hash } = await invite({ handle: 'anna' })
    await invite({ handle: 'bert', expires: house.clock.now() + dayMs })
    expect((await ask('DELETE', `invitations/${hash}`, { why: 'x' })).status).to.equal(200)
    expect((await register(await person('anna'))).status).to.equal(201)
    expect(said(await register(await person('bert')))).to.deep.equal([409, 'already-exists'])
    house.leap(dayMs)
    expect((await register(await person('bert'))).status).to.equal(201)
  })

  it('shows an invitation once, and has nothing of it in the log but its hash', async () => {
    await start()
    const json = { why: 'a colleague' }
    const [first, again] = [
      await ask('POST', 'invitations', json, { key: 'k' }),
      await ask('POST', 'invitations', json, { key: 'k' }),
    ]
    const { invitation, ...rest } = first.body
    expect(invitation).to.match(/^hs_in_[A-Za-z0-9_-]{22}$/)
    expect(again.body).to.deep.equal(rest)
    expect(rest['expires']).to.equal(Number(rest['serverTime']) + 7 * dayMs)
    expect(JSON.stringify(await house.log())).to.not.contain(invitation)
    expect(await statuses()).to.deep.equal(['open'])
  })

  it('has a quota for each issuer, and a longest time', async () => {
    await start({ LIMITS: limitsWith({ invitationsPerIssuerMax: 2, invitationMsMax: 2 * dayMs }) })
    const { hash } = await invite()
    await invite({ expires: house.clock.now() + dayMs })
    const more = (expires?: number) =>
      ask('POST', 'invitations', { why: 'x', ...(expires === undefined ? {} : { expires }) })
    expect(said(await more())).to.deep.equal([429, 'limit-reached'])
    expect((await ask('DELETE', `invitations/${hash}`, { why: 'x' })).status).to.equal(200)
    expect((await more()).status).to.equal(201)
    house.leap(dayMs)
    expect(said(await more(house.clock.now() + 2 * dayMs + 1_000))).to.deep.equal([429, 'limit-reached'])
    expect((await more(house.clock.now() + 2 * dayMs)).status).to.equal(201)
    expect(said(await more())).to.deep.equal([429, 'limit-reached'])
    expect(said(await more(house.clock.now()))).to.deep.equal([400, 'malformed'])
  })

  it('is guessed at only so often from one address', async () => {
    const LIMITS = limitsWith({ invitationGuessesPerAddress: { burst: 2, everyMs: 60_000 } })
    await start({ LIMITS, TRUSTED_PROXIES: '127.0.0.1' })
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    const guess = async (address = '203.0.113.7', invitation = 'hs_in_AAAAAAAAAAAAAAAAAAAAAA') =>
      register({ ...(await person('anna')), invitation }, from(address))
    for (let n = 0; n < 3; n++) expect(said(await guess())).to.deep.equal(needed)
    const { invitation } = await invite()
    expect(said(await guess('203.0.113.7', invitation))).to.deep.equal([429, 'rate-limited'])
    expect((await guess('198.51.100.7', invitation)).status).to.equal(201)
  })
})
