import { expect } from 'chai'
import { user } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf } from './identityHouse.js'
import type { IdentityHouse, Person } from './identityHouse.js'

describe('people finding each other', () => {
  let house: IdentityHouse
  let alice: Person
  let bob: Person
  beforeEach(async () => {
    house = await openIdentityHouse()
    alice = await house.registerUser('Alice')
    bob = await house.registerUser('bobby', { discovery: 'prefix' })
  })
  afterEach(() => house.close())

  const as = ({ principal }: Person, params: object = {}, body: object = {}) => ({ principal, params, body })
  const find = async (by: Person, query: object): Promise<unknown> => {
    await house.settled()
    return (bodyOf(await house.call('get', '/v1/directory', { principal: by.principal, query })) as { users: unknown })
      .users
  }
  const request = (from: Person, to: Person, ciphertext = 'AAAA') =>
    house.call('post', '/v1/users/{user}/requests', as(from, { user: to.principal.user }, { ciphertext }))
  const requests = async (of: Person) => {
    await house.settled()
    const { requests: list } = bodyOf(await house.call('get', '/v1/requests', as(of))) as {
      requests: { request: string }[]
    }
    return list
  }
  const contacts = async (of: Person) => {
    await house.settled()
    const listed = bodyOf(await house.call('get', '/v1/contacts', as(of)))
    return listed as { contacts: { user: string }[]; blocked: string[] }
  }
  const block = (by: Person, whom: Person) =>
    house.call('put', '/v1/blocks/{user}', as(by, { user: whom.principal.user }))
  const setDiscovery = (of: Person, discovery: string) => house.call('patch', '/v1/users/me', as(of, {}, { discovery }))

  const shownAlice = () => ({ user: alice.principal.user, handle: 'Alice' })
  const shownBob = () => ({ user: bob.principal.user, handle: 'bobby' })

  it('takes the whole handle, whatever its capitals, unless the user is hidden', async () => {
    expect(await find(bob, { handle: 'aLICE' })).to.deep.equal([shownAlice()])
    expect(await find(bob, { handle: 'alic' })).to.deep.equal([])
    expect(await find(bob, { handle: '!' })).to.deep.equal([])
    await setDiscovery(alice, 'hidden')
    expect(await find(bob, { handle: 'alice' })).to.deep.equal([])
  })

  it('takes the beginning of a handle where the user allows it', async () => {
    expect(await find(alice, { prefix: 'B' })).to.deep.equal([shownBob()])
    expect(await find(alice, { prefix: 'bobby' })).to.deep.equal([shownBob()])
    expect(await find(alice, { prefix: 'bobbyb' })).to.deep.equal([])
    expect(await find(alice, { prefix: 'bo-' })).to.deep.equal([])
    expect(await find(alice, { prefix: '' })).to.deep.equal([])
    expect(await find(bob, { prefix: 'ali' })).to.deep.equal([])
    await setDiscovery(alice, 'prefix')
    await setDiscovery(bob, 'exact')
    expect(await find(bob, { prefix: 'ali' })).to.deep.equal([shownAlice()])
    expect(await find(alice, { prefix: 'bob' })).to.deep.equal([])
  })

  it('takes one of the two, not both', async () => {
    for (const query of [{}, { handle: 'alice', prefix: 'a' }]) {
      const reply = await house.call('get', '/v1/directory', { principal: bob.principal, query })
      expect(rejectionOf(reply)).to.have.property('code', 'malformed')
    }
  })

  it('shows a blocked user what it would see if nobody were there', async () => {
    const unknown = await request(alice, { ...bob, principal: { ...bob.principal, user: user(99) } })
    await block(bob, alice)
    expect(await find(alice, { handle: 'bobby' })).to.deep.equal([])
    expect(await find(alice, { prefix: 'bob' })).to.deep.equal([])
    expect(await request(alice, bob)).to.deep.equal(unknown)
    await house.call('delete', '/v1/blocks/{user}', as(bob, { user: alice.principal.user }))
    expect(await find(alice, { handle: 'bobby' })).to.deep.equal([shownBob()])
  })

  it('makes contacts of two when one asks and the other accepts', async () => {
    const made = bodyOf(await request(alice, bob)) as { request: string }
    expect(await requests(bob)).to.deep.equal([
      { request: made.request, from: alice.principal.user, ciphertext: 'AAAA', at: house.now() },
    ])
    expect(await requests(alice)).to.deep.equal([])
    const accept = (by: Person) =>
      house.call('post', '/v1/requests/{request}/accept', as(by, { request: made.request }, { ciphertext: 'BBBB' }))
    expect(rejectionOf(await accept(alice))).to.deep.equal({ code: 'no-such-request' })
    expect(await accept(bob)).to.have.property('status', 200)
    expect(rejectionOf(await accept(bob))).to.deep.equal({ code: 'no-such-request' })
    expect(await requests(bob)).to.deep.equal([])
    expect((await contacts(alice)).contacts).to.deep.equal([{ user: bob.principal.user, since: house.now() }])
    expect((await contacts(bob)).contacts).to.deep.equal([{ user: alice.principal.user, since: house.now() }])
  })

  it('answers the same request sent again with the same name', async () => {
    const asked = { ...as(alice, { user: bob.principal.user }, { ciphertext: 'AAAA' }), key: 'once' }
    const first = await house.call('post', '/v1/users/{user}/requests', asked)
    expect(await house.call('post', '/v1/users/{user}/requests', asked)).to.deep.equal(first)
    expect(rejectionOf(await request(alice, bob))).to.deep.equal({ code: 'already-exists', what: 'request' })
  })

  it('makes no contacts when the other rejects', async () => {
    const { request: id } = bodyOf(await request(alice, bob)) as { request: string }
    expect(await house.call('post', '/v1/requests/{request}/reject', as(bob, { request: id }))).to.have.property(
      'status',
      200,
    )
    expect((await contacts(alice)).contacts).to.deep.equal([])
    expect(await requests(bob)).to.deep.equal([])
  })

  it('takes blocked users out of the contacts and the requests, and lists them', async () => {
    const { request: id } = bodyOf(await request(alice, bob)) as { request: string }
    await house.call('post', '/v1/requests/{request}/accept', as(bob, { request: id }))
    const carol = await house.registerUser('carol')
    await request(carol, bob)
    await block(bob, alice)
    await block(bob, carol)
    expect(await contacts(bob)).to.deep.equal({
      contacts: [],
      blocked: [alice.principal.user, carol.principal.user],
    })
    expect(await requests(bob)).to.deep.equal([])
  })

  it('takes words of 16 KiB, and not a byte more', async () => {
    const words = (length: number): string => Buffer.alloc(length).toString('base64url')
    expect(await request(alice, bob, words(16_384))).to.have.property('status', 202)
    const tooLarge = { code: 'too-large', max: 16_384, actual: 16_385 }
    expect(rejectionOf(await request(bob, alice, words(16_385)))).to.deep.equal(tooLarge)
    const body = { ciphertext: words(16_385) }
    const answer = await house.call('post', '/v1/requests/{request}/accept', as(bob, { request: 'any' }, body))
    expect(rejectionOf(answer)).to.deep.equal(tooLarge)
  })

  it('forgets a user who is deleted', async () => {
    const { request: id } = bodyOf(await request(alice, bob)) as { request: string }
    await house.call('post', '/v1/requests/{request}/accept', as(bob, { request: id }))
    const carol = await house.registerUser('carol')
    await request(alice, carol)
    await request(carol, alice)
    await block(alice, carol)
    await house.call('delete', '/v1/users/me', as(alice))
    expect(await find(bob, { handle: 'alice' })).to.deep.equal([])
    expect((await contacts(bob)).contacts).to.deep.equal([])
    expect(await requests(carol)).to.deep.equal([])
    expect(rejectionOf(await request(bob, alice))).to.deep.equal({ code: 'no-such-user' })
  })

  it('leaves no row about a deleted user but its revoked serial number and its clients’ ids', async () => {
    await house.call('delete', '/v1/users/me', as(alice))
    await house.settled()
    for (const table of ['users', 'handles', 'contacts', 'requests', 'blocks']) {
      const rows = await house.model.range({ table, index: 'key', prefix: [], limit: 100 })
      expect(JSON.stringify(rows), table).not.to.include(alice.principal.user)
    }
    expect(bodyOf(await house.call('get', '/v1/revocations')))
      .to.have.property('revoked')
      .with.length(1)
  })
})
