/** The profile of a user over the routes: whom it is shown to, and what is left of it. */
import { expect } from 'chai'
import { user } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf } from './identityHouse.js'
import type { IdentityHouse, Person } from './identityHouse.js'

describe('the profile of a user', () => {
  let house: IdentityHouse
  let alice: Person
  let bob: Person
  beforeEach(async () => {
    house = await openIdentityHouse()
    alice = await house.registerUser('alice')
    bob = await house.registerUser('bob')
  })
  afterEach(() => house.close())

  const put = (by: Person, profile: string, ifMatch?: string) =>
    house.call('put', '/v1/users/me/profile', {
      principal: by.principal,
      body: { profile },
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
    })
  const get = (by: Person, of = alice.principal.user) =>
    house.call('get', '/v1/users/{user}/profile', { principal: by.principal, params: { user: of } })
  const named = async (): Promise<readonly boolean[]> => {
    await house.settled()
    const digests = (await house.facts()).flatMap((event) =>
      event.type === 'UserProfileChanged' ? [event.data.profile.digest] : [],
    )
    return Promise.all(digests.map((digest) => house.directory.namesBlob(digest)))
  }

  it('is none at first, then what its user wrote, with the version as its ETag', async () => {
    expect(await get(bob)).to.deep.include({ body: { version: 0, profile: '' }, headers: { etag: '"0"' } })
    expect(bodyOf(await put(alice, 'AAAA', '"0"'))).to.deep.equal({ version: 1 })
    expect(await get(bob)).to.deep.include({ body: { version: 1, profile: 'AAAA' }, headers: { etag: '"1"' } })
    expect(rejectionOf(await put(alice, 'BBBA', '"0"'))).to.deep.equal({ code: 'version-mismatch', current: 1 })
    expect(rejectionOf(await put(alice, 'BBBA'))).to.have.property('code', 'malformed')
  })

  it('is not shown to whom its user blocked: that hears what is said of an unknown user', async () => {
    await put(alice, 'AAAA', '"0"')
    const unknown = await get(bob, user(99))
    await house.call('put', '/v1/blocks/{user}', { principal: alice.principal, params: { user: bob.principal.user } })
    expect(await get(bob)).to.deep.equal(unknown)
    expect(rejectionOf(unknown)).to.deep.equal({ code: 'no-such-user' })
    expect(bodyOf(await get(alice))).to.have.property('version', 1)
  })

  it('keeps the blob of the newest version alone, and none once its user is deleted', async () => {
    await put(alice, 'AAAA', '"0"')
    expect(await named()).to.deep.equal([true])
    await put(alice, 'BBBA', '"1"')
    expect(await named()).to.deep.equal([false, true])
    await house.call('delete', '/v1/users/me', { principal: alice.principal })
    expect(await named()).to.deep.equal([false, false])
  })
})
