import { expect } from 'chai'
import { client, queue, user } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf } from './identityHouse.js'
import type { IdentityHouse, Person } from './identityHouse.js'
import { makeKeyPackage } from './testKeyPackages.js'
import type { PackageOptions } from './testKeyPackages.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

describe('KeyPackages', () => {
  let house: IdentityHouse
  let alice: Person
  let bob: Person
  beforeEach(async () => {
    house = await openIdentityHouse({ limits: { keyPackagesPerUploadMax: 5 } })
    alice = await house.registerUser('alice')
    bob = await house.registerUser('bobby')
    house.queues.set(queue(1), { algorithm: 'Ed25519', publicKey: '' })
  })
  afterEach(() => house.close())

  const make = (person: Person, options: Partial<PackageOptions> = {}) =>
    makeKeyPackage(house, person, { queue: queue(1), ...options })
  const publish = async (person: Person, packages: readonly Uint8Array[], more: object = {}) =>
    house.call('post', '/v1/keyPackages', {
      principal: person.principal,
      body: { keyPackages: packages.map(text), ...more },
    })
  /** A last resort and `count` others. */
  const stock = async (person: Person, count: number): Promise<readonly Uint8Array[]> => {
    const packages = [await make(person, { lastResort: true })]
    for (let n = 0; n < count; n++) packages.push(await make(person))
    expect(await publish(person, packages)).to.have.property('status', 201)
    return packages.slice(1)
  }
  type Claimed = { client: string; keyPackage: string; ref: string; lastResort: boolean }
  const claim = (by: Person, of: Person, more: object = {}) =>
    house.call('post', '/v1/clients/{client}/keyPackages/claim', {
      principal: by.principal,
      params: { client: of.principal.client },
      body: { cipherSuite: 1 },
      ...more,
    })
  const claimAll = (by: Person, of: Person, more: object = {}) =>
    house.call('post', '/v1/users/{user}/keyPackages/claim', {
      principal: by.principal,
      params: { user: of.principal.user },
      body: { cipherSuite: 1 },
      ...more,
    })

  it('are handed out byte for byte in order, each once, then the last resort again and again', async () => {
    const [first, second] = await stock(alice, 2)
    const claims: Claimed[] = []
    for (let n = 0; n < 4; n++) claims.push(bodyOf(await claim(bob, alice)) as Claimed)
    expect(claims.slice(0, 2).map(({ keyPackage }) => keyPackage)).to.deep.equal([text(first!), text(second!)])
    expect(claims.map(({ lastResort }) => lastResort)).to.deep.equal([false, false, true, true])
    expect(claims[2]).to.deep.equal(claims[3])
  })

  it('are handed out once each to many who claim at once', async () => {
    await stock(alice, 4)
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(bob, alice)))
    const refs = claims
      .map((reply) => bodyOf(reply) as Claimed)
      .flatMap(({ ref, lastResort }) => (lastResort ? [] : ref))
    expect(refs).to.have.length(4)
    expect(new Set(refs).size).to.equal(4)
  })

  it('are the same for the same claim sent again', async () => {
    await stock(alice, 2)
    const first = await claim(bob, alice, { key: 'once' })
    expect(await claim(bob, alice, { key: 'once' })).to.deep.equal(first)
    expect(rejectionOf(await claim(bob, alice, { key: 'once', body: { cipherSuite: 2 } }))).to.deep.equal({
      code: 'idempotency-mismatch',
    })
    const all = await claimAll(bob, alice, { key: 'all' })
    expect(await claimAll(bob, alice, { key: 'all' })).to.deep.equal(all)
    expect(rejectionOf(await claimAll(bob, alice, { key: 'all', body: { cipherSuite: 2 } }))).to.deep.equal({
      code: 'idempotency-mismatch',
    })
  })

  it('are taken as message/mls too, one after another', async () => {
    const packages = [await make(alice, { lastResort: true }), await make(alice)]
    const mls = new Uint8Array(Buffer.concat(packages))
    const reply = await house.call('post', '/v1/keyPackages', { principal: alice.principal, mls })
    expect(bodyOf(reply)).to.have.property('refs').with.length(2)
    for (const [bad, code] of [
      [new Uint8Array(), 'malformed'],
      [mls.subarray(0, -1), 'malformed'],
    ] as const) {
      const refused = await house.call('post', '/v1/keyPackages', { principal: alice.principal, mls: bad })
      expect(rejectionOf(refused)).to.have.property('code', code)
    }
  })

  it('are counted, taken back and replaced', async () => {
    await stock(alice, 2)
    const count = async (): Promise<unknown> =>
      (bodyOf(await house.call('get', '/v1/keyPackages', { principal: alice.principal })) as { stock: unknown }).stock
    expect(await count()).to.deep.equal([{ cipherSuite: 1, count: 2, lastResort: true }])
    const { ref } = bodyOf(await claim(bob, alice)) as Claimed
    const fresh = [await make(alice, { lastResort: true }), await make(alice)]
    const { refs } = bodyOf(await publish(alice, fresh, { replace: true })) as { refs: string[] }
    expect(await count()).to.deep.equal([{ cipherSuite: 1, count: 1, lastResort: true }])
    const takeBack = (some: readonly string[]) =>
      house.call('delete', '/v1/keyPackages', { principal: alice.principal, body: { refs: some } })
    expect(bodyOf(await takeBack([refs[1]!, ref]))).to.deep.equal({ deleted: [refs[1]] })
    expect(rejectionOf(await takeBack([refs[0]!]))).to.deep.equal({
      code: 'invalid-key-package',
      reason: 'lastResortMissing',
    })
  })

  it('are refused without a last resort, twice, or too many at once', async () => {
    const one = await make(alice)
    const missing = { code: 'invalid-key-package', reason: 'lastResortMissing' }
    expect(rejectionOf(await publish(alice, [one]))).to.deep.equal(missing)
    const last = await make(alice, { lastResort: true })
    expect(rejectionOf(await publish(alice, [last, one, one]))).to.have.property('reason', 'duplicate')
    await publish(alice, [last, one])
    expect(rejectionOf(await publish(alice, [one]))).to.have.property('reason', 'duplicate')
    const tooMany = { code: 'limit-reached', limit: 'keyPackagesPerUploadMax', max: 5 }
    expect(rejectionOf(await publish(alice, [one, one, one, one, one, one]))).to.deep.equal(tooMany)
    const mls = new Uint8Array(Buffer.concat([one, one, one, one, one, one]))
    const asMls = await house.call('post', '/v1/keyPackages', { principal: alice.principal, mls })
    expect(rejectionOf(asMls)).to.deep.equal(tooMany)
  })

  it('are refused when they are another’s', async () => {
    const bobs = await make(bob, { lastResort: true })
    const identity = { code: 'invalid-key-package', reason: 'identity' }
    expect(rejectionOf(await publish(alice, [bobs]))).to.deep.equal(identity)
    const phone = await house.addClient(alice)
    expect(rejectionOf(await publish(alice, [await make(phone, { lastResort: true })]))).to.deep.equal(identity)
  })

  it('are refused when their credential is not of their key, their bytes were changed, or they live too long', async () => {
    const borrowed = await make(alice, { lastResort: true, credentialOf: bob })
    expect(rejectionOf(await publish(alice, [borrowed]))).to.have.property('reason', 'credentialKey')
    const changed = await make(alice, { lastResort: true })
    changed[changed.length - 1]! ^= 1
    expect(rejectionOf(await publish(alice, [changed]))).to.have.property('code', 'invalid-key-package')
    const eternal = await make(alice, { lastResort: true, lifetimeSeconds: 100n * 24n * 3_600n })
    expect(rejectionOf(await publish(alice, [eternal]))).to.have.property('code', 'invalid-leaf')
    expect(rejectionOf(await publish(alice, [new Uint8Array(9)]))).to.have.property('code', 'unsupported-message')
    expect(rejectionOf(await publish(alice, [new Uint8Array(20_000)]))).to.deep.equal({
      code: 'too-large',
      max: 16_384,
      actual: 20_000,
    })
  })

  it('are held against one another and the stock before any signature of theirs is verified', async () => {
    const broken = async (lastResort: boolean): Promise<Uint8Array> => {
      const bytes = await make(alice, { lastResort })
      bytes[bytes.length - 1]! ^= 1
      return bytes
    }
    const refused = async (packages: readonly Uint8Array[]) => rejectionOf(await publish(alice, packages))
    const [last, one] = [await broken(true), await broken(false)]
    expect(await refused([one, one])).to.have.property('reason', 'duplicate')
    expect(await refused([one])).to.have.property('reason', 'lastResortMissing')
    expect(await refused([last, await broken(true)])).to.have.property('reason', 'lastResortTwice')
    expect(await refused([last, await make(alice, { lifetimeSeconds: -1n })])).to.deep.equal({
      code: 'invalid-leaf',
      reason: 'lifetime',
    })
    expect(await refused([last, one])).to.have.property('reason', 'signature')
  })

  it('are refused when they lead to no queue', async () => {
    const lost = await make(alice, { lastResort: true, queue: queue(77) })
    expect(rejectionOf(await publish(alice, [lost]))).to.deep.equal({ code: 'invalid-leaf', reason: 'queueReference' })
  })

  it('of all clients of a user come at once, but for one’s own and those that have none', async () => {
    const phone = await house.addClient(alice)
    const tablet = await house.addClient(alice)
    await stock(alice, 1)
    await stock(phone, 1)
    const all = bodyOf(await claimAll(bob, alice)) as { keyPackages: Claimed[]; missing: unknown }
    expect(all.keyPackages.map((one) => one.client)).to.deep.equal([alice.principal.client, phone.principal.client])
    expect(all.missing).to.deep.equal([{ client: tablet.principal.client, code: 'key-material-exhausted' }])
    const others = bodyOf(await claimAll(alice, alice)) as { keyPackages: Claimed[] }
    expect(others.keyPackages.map((one) => one.client)).to.deep.equal([phone.principal.client])
  })

  it('are exhausted where there are none of the ciphersuite', async () => {
    expect(rejectionOf(await claim(bob, alice))).to.deep.equal({ code: 'key-material-exhausted' })
    await stock(alice, 1)
    expect(rejectionOf(await claim(bob, alice, { body: { cipherSuite: 7 } }))).to.deep.equal({
      code: 'key-material-exhausted',
    })
  })

  it('of nobody, of a removed client, and of someone who has blocked the asker look the same', async () => {
    const phone = await house.addClient(alice)
    await stock(alice, 1)
    const nobody = { ...alice, principal: { ...alice.principal, user: user(99), client: client(99) } }
    const noClient = { code: 'no-such-client' }
    const noUser = { code: 'no-such-user' }
    expect(rejectionOf(await claim(bob, nobody))).to.deep.equal(noClient)
    expect(rejectionOf(await claimAll(bob, nobody))).to.deep.equal(noUser)
    await house.call('delete', '/v1/clients/{client}', {
      principal: alice.principal,
      params: { client: phone.principal.client },
    })
    expect(rejectionOf(await claim(bob, phone))).to.deep.equal(noClient)
    await house.call('put', '/v1/blocks/{user}', { principal: alice.principal, params: { user: bob.principal.user } })
    expect(rejectionOf(await claim(bob, alice))).to.deep.equal(noClient)
    expect(rejectionOf(await claimAll(bob, alice))).to.deep.equal(noUser)
  })

  it('of someone who wants consent go to contacts alone', async () => {
    await stock(alice, 1)
    await house.call('patch', '/v1/users/me', { principal: alice.principal, body: { claims: 'contacts' } })
    const refused = { code: 'not-allowed', capability: 'claimKeyPackages' }
    expect(rejectionOf(await claim(bob, alice))).to.deep.equal(refused)
    expect(rejectionOf(await claimAll(bob, alice))).to.deep.equal(refused)
    const asked = await house.call('post', '/v1/users/{user}/requests', {
      principal: alice.principal,
      params: { user: bob.principal.user },
      body: { ciphertext: '' },
    })
    const { request } = bodyOf(asked) as { request: string }
    await house.call('post', '/v1/requests/{request}/accept', { principal: bob.principal, params: { request } })
    expect(await claim(bob, alice)).to.have.property('status', 200)
    expect(await claimAll(bob, alice)).to.have.property('status', 200)
  })
})
