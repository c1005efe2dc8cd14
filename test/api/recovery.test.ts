/** The routes of recovery: what sets a key, what it lets in, and one answer for all that is wrong. */
import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { client, user } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf, url } from './identityHouse.js'
import type { IdentityHouse, Person } from './identityHouse.js'
import { makeTestKey } from './testClient.js'
import type { TestKey } from './testClient.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')
const notRecovered = { code: 'not-allowed', capability: 'recover' }
const notApproved = { code: 'not-allowed', capability: 'approveClient' }

describe('the recovery key of a user', () => {
  let house: IdentityHouse
  let alice: Person
  let key: TestKey
  let locator: Uint8Array
  beforeEach(async () => {
    house = await openIdentityHouse()
    alice = await house.registerUser('alice')
    key = await makeTestKey()
    locator = randomBytes(16)
  })
  afterEach(() => house.close())

  const claims = (path: string, more: object) => ({
    aud: url + path,
    iat: Math.floor(house.now() / 1000),
    jti: randomBytes(8).toString('hex'),
    ...more,
  })
  const named = () => ({ publicKey: text(key.publicKey), locatorHash: digestOf(locator) })
  const approvedBy = (person: Person, more: object = {}) =>
    person.key.sign(claims('/v1/users/me/recovery', { ...named(), ...more }), { kid: person.principal.client })
  const set = async (approval?: string, by = alice) => {
    const body = { ...named(), approval: approval ?? (await approvedBy(by)) }
    return house.call('put', '/v1/users/me/recovery', { principal: by.principal, body })
  }
  const use = async (n: number, more: object = {}, signer = key) => {
    const csr = await (await makeTestKey()).csr([alice.principal.user, client(n)])
    const approval = await signer.sign(claims('/v1/recovery', { csr: digestOf(csr), ...more }), {})
    return { user: alice.principal.user, client: client(n), locator: text(locator), csr: text(csr), approval }
  }
  const recover = (body: object, once?: string) =>
    house.call('post', '/v1/recovery', once === undefined ? { body } : { body, key: once })

  it('is set by a client’s signature, not by a token alone', async () => {
    const bob = await house.registerUser('bobby')
    const forger: Person = { ...alice, key: await makeTestKey() }
    for (const approval of [
      'no JWS at all',
      await approvedBy(bob),
      await approvedBy(forger),
      await approvedBy(alice, { publicKey: text((await makeTestKey()).publicKey) }),
      await approvedBy(alice, { locatorHash: digestOf(randomBytes(16)) }),
      await approvedBy(alice, { aud: `${url}/v1/clients` }),
    ])
      expect(rejectionOf(await set(approval))).to.deep.equal(notApproved)
    expect(rejectionOf(await set())).to.equal(undefined)
    const account = await house.call('get', '/v1/users/me', { principal: alice.principal })
    expect(bodyOf(account)).to.have.property('recovery', true)
  })

  it('is a pair of its own: no client’s, no other user’s, none that was set before', async () => {
    expect(rejectionOf(await set())).to.equal(undefined)
    const taken = { code: 'already-exists', what: 'key' }
    expect(rejectionOf(await set())).to.deep.equal(taken)
    const bob = await house.registerUser('bobby')
    expect(rejectionOf(await set(undefined, bob))).to.deep.equal(taken)
    key = alice.key
    expect(rejectionOf(await set())).to.deep.equal(taken)
  })

  it('finds its user by the locator, until it is spent, replaced, or the user is deleted', async () => {
    const ids = () => house.call('post', '/v1/recovery/ids', { body: { locator: text(locator) } })
    expect(rejectionOf(await ids())).to.deep.equal(notRecovered)
    await set()
    expect(bodyOf(await ids())).to.have.property('user', alice.principal.user)
    const before = locator
    ;[key, locator] = [await makeTestKey(), randomBytes(16)]
    await set()
    const replaced = { body: { locator: text(before) } }
    expect(rejectionOf(await house.call('post', '/v1/recovery/ids', replaced))).to.deep.equal(notRecovered)
    await recover(await use(50))
    expect(rejectionOf(await ids())).to.deep.equal(notRecovered)
    ;[key, locator] = [await makeTestKey(), randomBytes(16)]
    await set()
    await house.call('delete', '/v1/users/me', { principal: alice.principal })
    expect(rejectionOf(await ids())).to.deep.equal(notRecovered)
  })

  it('lets in one client, is answered again as at first, and lets in no other', async () => {
    await set()
    const body = await use(50)
    const reply = await recover(body, 'once')
    expect(bodyOf(reply)).to.have.property('certificates').with.length(2)
    expect(await recover(body, 'once')).to.deep.equal(reply)
    house.pass(3_700_000)
    expect(await recover(body, 'once')).to.deep.equal(reply)
    expect(rejectionOf(await recover(await use(51)))).to.deep.equal(notRecovered)
    const facts = (await house.facts()).filter(({ type }) => type === 'RecoveryKeyUsed' || type === 'SignatureKeyTaken')
    expect(facts.map(({ type }) => type)).to.deep.equal([
      'SignatureKeyTaken',
      'SignatureKeyTaken',
      'SignatureKeyTaken',
      'RecoveryKeyUsed',
    ])
  })

  it('lets in nobody by another key, another locator, for another request, user, place or time', async () => {
    await set()
    const good = await use(50)
    for (const body of [
      await use(50, {}, await makeTestKey()),
      await use(50, {}, alice.key),
      await use(50, { csr: digestOf(randomBytes(9)) }),
      await use(50, { aud: `${url}/v1/clients` }),
      await use(50, { iat: Math.floor(house.now() / 1000) - 3_700 }),
      await use(50, { jti: undefined }),
      { ...good, locator: text(randomBytes(16)) },
    ])
      expect(rejectionOf(await recover(body))).to.deep.equal(notRecovered)
    const csr = text(await (await makeTestKey()).csr([user(99), client(50)]))
    expect(rejectionOf(await recover({ ...good, user: user(99), csr }))).to.deep.equal(notRecovered)
    expect(rejectionOf(await recover(good))).to.equal(undefined)
  })

  it('takes neither id nor key of a client that it does not let in', async () => {
    const body = await use(50)
    expect(rejectionOf(await recover(body))).to.deep.equal(notRecovered)
    expect((await house.facts()).filter(({ type }) => type === 'ClientIdTaken')).to.have.length(1)
  })
})
