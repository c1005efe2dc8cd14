/** Invitations of users, over HTTP and by the SDK: where the operator lets them, as many as that, and while their account holds. */
import { expect } from 'chai'
import { createAccount, memoryStore } from '#src/client/index.js'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import type { RawOptions, Resident } from '../faults/house.js'
import type { Answer } from './groupHouse.js'
import { makeTestKey } from './testClient.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const dayMs = 24 * 60 * 60 * 1_000

describe('invitations of users', () => {
  let house: ComposedServer
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token })
  })
  after(() => house.close())
  afterEach(async () => {
    await act('PUT', 'registration', { registration: 'open' })
    for (const name of ['invitationsPerUserMax', 'listPageMax']) await act('DELETE', `limits/${name}`, {})
  })

  const act = async (method: string, path: string, json: object): Promise<void> => {
    const { status, body } = await house.ask(operator, method, `/v1/operator/${path}`, { json: { ...json, why: 'x' } })
    expect(status, JSON.stringify(body)).to.equal(200)
  }
  const letInvite = (value: number): Promise<void> => act('PUT', 'limits/invitationsPerUserMax', { value })
  const byInvitation = (): Promise<void> => act('PUT', 'registration', { registration: 'invitation' })
  const invite = (by: Resident, json: object = {}, options: RawOptions = {}): Promise<Answer> =>
    house.ask(by, 'POST', '/v1/invitations', { json, ...options })
  const invited = async (by: Resident, json: object = {}) => {
    const { status, body } = await invite(by, json)
    expect(status, JSON.stringify(body)).to.equal(201)
    return body as { readonly invitation: string; readonly hash: string }
  }
  const person = async (handle: string): Promise<Record<string, unknown>> => {
    const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
    const { user, client } = body as { user: string; client: string }
    const csr = Buffer.from(await (await makeTestKey()).csr([user, client])).toString('base64url')
    return { user, client, handle, csr }
  }
  const register = (json: object): Promise<Answer> => house.ask(undefined, 'POST', '/v1/users', { json })
  const said = ({ status, body }: Answer): unknown => [status, body['code']]
  const list = async (by: Resident): Promise<readonly { readonly hash: string; readonly status: string }[]> =>
    (await house.ask(by, 'GET', '/v1/invitations')).body['invitations'] as never
  const statuses = async (by: Resident): Promise<readonly string[]> => (await list(by)).map(({ status }) => status)
  const needed = [403, 'invitation-needed']

  it('are made, listed, revoked and used by the SDK', async () => {
    await letInvite(2)
    const server = house.server.url
    const alice = await createAccount({ server, store: memoryStore(), handle: 'alice' })
    const { invitation, hash, expires } = await alice.invitations.make()
    expect(expires).to.be.greaterThan(0)
    await byInvitation()
    const bob = await createAccount({ server, store: memoryStore(), handle: 'bob', invitation })
    const other = await alice.invitations.make({ expires: house.clock.now() + dayMs })
    expect((await alice.invitations.list()).map((one) => [one.hash, one.status])).to.deep.equal([
      [other.hash, 'open'],
      [hash, 'used'],
    ])
    await alice.invitations.revoke(other.hash)
    expect((await alice.invitations.list()).map(({ status }) => status)).to.deep.equal(['used'])
    await Promise.all([alice.close(), bob.close()])
  })

  it('are nobody’s until the operator lets users invite, and are exactly so many, whoever asks at once', async () => {
    const alice = await house.register()
    const refused = await invite(alice)
    expect([...(said(refused) as unknown[]), refused.body['capability']]).to.deep.equal([403, 'not-allowed', 'invite'])
    await letInvite(3)
    const answers = await Promise.all(Array.from({ length: 10 }, () => invite(alice)))
    expect(answers.filter(({ status }) => status === 201)).to.have.length(3)
    expect(answers.filter(({ body }) => body['limit'] === 'invitationsPerUserMax')).to.have.length(7)
    const [first] = await list(alice)
    const path = `/v1/invitations/${first?.hash ?? ''}`
    expect((await house.ask(alice, 'DELETE', path)).status).to.equal(200)
    expect(said(await house.ask(alice, 'DELETE', path))).to.deep.equal([404, 'no-such-invitation'])
    expect((await invite(alice)).status).to.equal(201)
    expect(said(await invite(alice))).to.deep.equal([429, 'limit-reached'])
    const bob = await house.register()
    expect((await invite(bob)).status).to.equal(201)
    expect(await statuses(bob)).to.deep.equal(['open'])
  })

  it('let one of twenty in who race for one', async () => {
    await letInvite(3)
    const alice = await house.register()
    const { invitation } = await invited(alice)
    await byInvitation()
    const people = await Promise.all(Array.from({ length: 20 }, (_, n) => person(`racer${String(n)}`)))
    const answers = await Promise.all(people.map((one) => register({ ...one, invitation })))
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1)
    expect(answers.filter((answer) => String(said(answer)) === String(needed))).to.have.length(19)
    expect(await statuses(alice)).to.deep.equal(['used'])
    const own = JSON.stringify((await house.ask(alice, 'GET', '/v1/invitations')).body)
    for (const { user } of people) expect(own).not.to.contain(user)
  })

  it('let nobody in once they have expired, were revoked, or their user is disabled or gone', async () => {
    await letInvite(9)
    const [alice, bob, carol] = [await house.register(), await house.register(), await house.register()]
    const [short, ended] = [await invited(alice, { expires: house.clock.now() + dayMs }), await invited(alice)]
    const [ofBob, ofCarol] = [await invited(bob), await invited(carol)]
    await byInvitation()
    expect((await house.ask(alice, 'DELETE', `/v1/invitations/${ended.hash}`)).status).to.equal(200)
    await act('POST', `users/${encodeURIComponent(bob.user)}/disable`, {})
    expect((await house.ask(carol, 'DELETE', '/v1/users/me')).status).to.equal(200)
    house.leap(dayMs)
    for (const { invitation } of [short, ended, ofBob, ofCarol])
      expect(said(await register({ ...(await person('late')), invitation }))).to.deep.equal(needed)
    await act('POST', `users/${encodeURIComponent(bob.user)}/enable`, {})
    expect((await register({ ...(await person('late')), invitation: ofBob.invitation })).status).to.equal(201)
  })

  it('come back when the registration is refused, and are revoked by an operator as well', async () => {
    await letInvite(9)
    const alice = await house.register('taken')
    const { invitation, hash } = await invited(alice)
    await byInvitation()
    expect(said(await register({ ...(await person('taken')), invitation }))).to.deep.equal([409, 'already-exists'])
    expect(await statuses(alice)).to.deep.equal(['open'])
    await act('DELETE', `invitations/${hash}`, {})
    expect(said(await register({ ...(await person('anna')), invitation }))).to.deep.equal(needed)
    expect(await statuses(alice)).to.deep.equal(['revoked'])
  })

  it('are told once, listed by pages, and in the export of who made them', async () => {
    await letInvite(30)
    await act('PUT', 'limits/listPageMax', { value: 10 })
    const alice = await house.register()
    const first = await invite(alice, {}, { key: 'k' })
    const { invitation, ...rest } = first.body
    expect(invitation).to.match(/^hs_in_[A-Za-z0-9_-]{22}$/)
    expect((await invite(alice, {}, { key: 'k' })).body).to.deep.equal(rest)
    expect(JSON.stringify(await house.log())).not.to.contain(invitation)
    for (let n = 0; n < 24; n++) await invited(alice)
    const pages: string[][] = []
    for (let query = ''; ;) {
      const { body } = await house.ask(alice, 'GET', `/v1/invitations${query}`)
      pages.push((body['invitations'] as readonly { readonly hash: string }[]).map(({ hash }) => hash))
      const { next } = body as { readonly next?: string }
      if (next === undefined) break
      query = `?before=${next}`
    }
    expect(pages.map(({ length }) => length)).to.deep.equal([10, 10, 5])
    expect(new Set(pages.flat()).size).to.equal(25)
    expect(pages.flat().at(-1)).to.equal(rest['hash'])
    const { bytes } = await house.ask(alice, 'GET', '/v1/users/me/export')
    expect(Buffer.from(bytes).toString()).to.contain(`"invitation":"${String(rest['hash'])}"`)
  })
})
