import { expect } from 'chai'
import { client, user } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf, url } from './identityHouse.js'
import type { IdentityHouse, Person } from './identityHouse.js'
import { makeTestKey } from './testClient.js'
import type { TestKey } from './testClient.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const notApproved = { code: 'not-allowed', capability: 'approveClient' }

describe('the clients of a user', () => {
  let house: IdentityHouse
  let alice: Person
  beforeEach(async () => {
    house = await openIdentityHouse({ limits: { clientsPerUserMax: 3 } })
    alice = await house.registerUser('alice')
  })
  afterEach(() => house.close())

  /** A request of client n of alice, approved by whom and how the test says. */
  const addition = async (n: number, approve: (csr: Uint8Array) => Promise<string>, of = alice.principal.user) => {
    const csr = await (await makeTestKey()).csr([of, client(n)])
    return { user: of, client: client(n), csr: text(csr), approval: await approve(csr) }
  }
  const approvedBy =
    (person: Person, more: object = {}) =>
    (csr: Uint8Array) =>
      house.approve(person, csr, '/v1/clients', more)
  const add = async (n: number, approve: (csr: Uint8Array) => Promise<string>) =>
    house.call('post', '/v1/clients', { body: await addition(n, approve) })

  it('grow by the approval of one of them, which stands in the fact', async () => {
    const body = await addition(50, approvedBy(alice))
    const reply = await house.call('post', '/v1/clients', { body, key: 'once' })
    expect(bodyOf(reply)).to.have.property('certificates').with.length(2)
    expect(await house.call('post', '/v1/clients', { body, key: 'once' })).to.deep.equal(reply)
    const [fact] = (await house.facts()).filter(({ type }) => type === 'ClientAdded')
    expect(fact).to.have.nested.property('data.approval', body.approval)
    expect(fact).to.have.nested.property('data.approvedBy', alice.principal.client)
  })

  it('do not grow by an approval for another request, another place or another time', async () => {
    const elsewhere = approvedBy(alice, { aud: `${url}/v1/clients/me/keys` })
    const old = approvedBy(alice, { iat: Math.floor(house.now() / 1000) - 3_700 })
    const future = approvedBy(alice, { iat: Math.floor(house.now() / 1000) + 120 })
    const other = approvedBy(alice, { csr: text(new Uint8Array(32)) })
    const nameless = approvedBy(alice, { jti: undefined })
    for (const approve of [elsewhere, old, future, other, nameless]) {
      expect(rejectionOf(await add(50, approve))).to.deep.equal(notApproved)
    }
  })

  it('do not grow by the word of another user, a stranger, a forger or nobody', async () => {
    const bob = await house.registerUser('bobby')
    const forger: Person = { ...alice, key: await makeTestKey() }
    for (const approve of [approvedBy(bob), approvedBy(forger), () => Promise.resolve('no JWS at all')]) {
      expect(rejectionOf(await add(50, approve))).to.deep.equal(notApproved)
    }
    const body = await addition(51, approvedBy(bob), user(99))
    expect(rejectionOf(await house.call('post', '/v1/clients', { body }))).to.deep.equal(notApproved)
  })

  it('do not take the id of another user’s client, or of one that was removed', async () => {
    const bob = await house.registerUser('bobby')
    const csr = await (await makeTestKey()).csr([alice.principal.user, bob.principal.client])
    const approval = await approvedBy(alice)(csr)
    const body = { user: alice.principal.user, client: bob.principal.client, csr: text(csr), approval }
    const taken = { code: 'already-exists', what: 'client' }
    expect(rejectionOf(await house.call('post', '/v1/clients', { body }))).to.deep.equal(taken)
    const again = await addition(50, approvedBy(alice))
    await house.call('post', '/v1/clients', { body: again })
    const params = { client: client(50) }
    await house.call('delete', '/v1/clients/{client}', { principal: alice.principal, params })
    expect(rejectionOf(await house.call('post', '/v1/clients', { body: again }))).to.deep.equal(taken)
    await house.settled()
    const mallory = await (await makeTestKey()).csr([user(70), client(50)])
    const posing = { user: user(70), client: client(50), handle: 'mallory', csr: text(mallory) }
    expect(rejectionOf(await house.call('post', '/v1/users', { body: posing }))).to.deep.equal(taken)
  })

  it('are as many as the limit says', async () => {
    await add(50, approvedBy(alice))
    await add(51, approvedBy(alice))
    expect(rejectionOf(await add(52, approvedBy(alice)))).to.deep.equal({
      code: 'limit-reached',
      limit: 'clientsPerUserMax',
      max: 3,
    })
  })

  describe('when one takes another key', () => {
    const path = '/v1/clients/me/keys'
    const addKey = async (key: TestKey, approver: Person, names = [alice.principal.user, alice.principal.client]) => {
      const csr = await key.csr(names)
      const body = { csr: text(csr), approval: await house.approve(approver, csr, path) }
      return house.call('post', path, { principal: alice.principal, body })
    }

    it('list it with its own certificate, one for each scheme', async () => {
      const phone = await house.addClient(alice)
      expect(await addKey(await makeTestKey('P-256'), alice)).to.have.property('status', 201)
      expect(await addKey(await makeTestKey('P-384'), phone)).to.have.property('status', 201)
      expect(rejectionOf(await addKey(await makeTestKey('P-256'), alice))).to.deep.equal({
        code: 'already-exists',
        what: 'key',
      })
      const params = { user: alice.principal.user }
      const listed = await house.call('get', '/v1/users/{user}/clients', { principal: phone.principal, params })
      const { clients } = bodyOf(listed) as { clients: { keys: { algorithm: string }[] }[] }
      expect(clients.map(({ keys }) => keys.map(({ algorithm }) => algorithm))).to.deep.equal([
        ['Ed25519', 'P-256', 'P-384'],
        ['Ed25519'],
      ])
    })

    it('refuse a request for another client, or without approval', async () => {
      const key = await makeTestKey('P-256')
      expect(rejectionOf(await addKey(key, alice, [alice.principal.user, client(60)]))).to.have.property(
        'code',
        'identity-mismatch',
      )
      expect(rejectionOf(await addKey(key, { ...alice, key }))).to.deep.equal(notApproved)
    })
  })

  it('show nothing to someone whom the user has blocked, or of someone who is not there', async () => {
    const bob = await house.registerUser('bobby')
    await house.call('put', '/v1/blocks/{user}', { principal: alice.principal, params: { user: bob.principal.user } })
    for (const of of [alice.principal.user, user(99)]) {
      const listed = await house.call('get', '/v1/users/{user}/clients', {
        principal: bob.principal,
        params: { user: of },
      })
      expect(rejectionOf(listed)).to.deep.equal({ code: 'no-such-user' })
    }
  })

  it('are removed by one another, revoked, and cut off at once', async () => {
    const phone = await house.addClient(alice)
    const params = { client: phone.principal.client }
    const bob = await house.registerUser('bobby')
    const byStranger = await house.call('delete', '/v1/clients/{client}', { principal: bob.principal, params })
    expect(rejectionOf(byStranger)).to.deep.equal({ code: 'no-such-client' })
    const removed = await house.call('delete', '/v1/clients/{client}', { principal: alice.principal, params })
    expect(removed).to.have.property('status', 200)
    await house.settled()
    const revocations = await house.call('get', '/v1/revocations')
    expect(bodyOf(revocations)).to.have.property('revoked').with.length(1)
  })

  it('that are revoked are listed page by page, and a cursor of another log is refused', async () => {
    const phone = await house.addClient(alice)
    const tablet = await house.addClient(alice)
    for (const { principal } of [phone, tablet]) {
      const params = { client: principal.client }
      await house.call('delete', '/v1/clients/{client}', { principal: alice.principal, params })
    }
    await house.settled()
    type Revocations = { revoked: { serial: string }[]; next?: string }
    const page = async (query: object) => bodyOf(await house.call('get', '/v1/revocations', { query })) as Revocations
    const first = await page({ limit: 1 })
    const second = await page({ limit: 1, cursor: first.next })
    expect([...first.revoked, ...second.revoked]).to.deep.equal((await page({})).revoked)
    expect(second.next).to.equal(undefined)
    const other = await house.call('get', '/v1/revocations', { query: { cursor: first.next?.replace('log', 'other') } })
    expect(rejectionOf(other)).to.deep.equal({ code: 'cursor-expired' })
    const none = await house.call('get', '/v1/revocations', { query: { cursor: 'x' } })
    expect(rejectionOf(none)).to.have.property('code', 'malformed')
  })

  it('that are revoked are listed under the name of their server too, as it signs the list for others', async () => {
    const phone = await house.addClient(alice)
    await house.call('delete', '/v1/clients/{client}', {
      principal: alice.principal,
      params: { client: phone.principal.client },
    })
    await house.settled()
    const { revoked } = bodyOf(await house.call('get', '/v1/revocations')) as { readonly revoked: object[] }
    const { principal } = alice
    const params = { domain: house.domain }
    const list = bodyOf(await house.call('get', '/v1/authority/{domain}/revocations', { principal, params }))
    expect(list).to.deep.include({ cursor: '', revoked })
    expect(list).to.include.keys('time', 'issuer', 'signature')
  })
})
