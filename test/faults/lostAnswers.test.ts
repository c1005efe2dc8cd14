/** Registrations whose answers were lost: given again to whoever has the proof, wherever it comes from, at no cost. */
import { expect } from 'chai'
import { makeTestKey } from '../api/testClient.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse } from './house.js'

describe('a registration whose answer was lost', () => {
  let house: RealHouse
  before(async () => {
    const one = { burst: 1, everyMs: 3_600_000 }
    house = await openHouse({
      LIMITS: limitsWith({ registrationsPerAddress: one }),
      TRUSTED_PROXIES: '127.0.0.1',
    })
  })
  after(() => house.close())

  const requestOf = async (handle: string) => {
    const { body: ids } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
    const [user, client] = [String(ids['user']), String(ids['client'])]
    const key = await makeTestKey()
    return { user, client, handle, csr: Buffer.from(await key.csr([user, client])).toString('base64url') }
  }
  const register = (json: object, from: string, key?: string) =>
    house.ask(undefined, 'POST', '/v1/users', {
      json,
      headers: { 'x-forwarded-for': from },
      ...(key === undefined ? {} : { key }),
    })

  it('is answered again from another network and above the budget, and from nobody else', async () => {
    const asked = await requestOf('wanderer')
    const first = await register(asked, '203.0.113.1', 'k1')
    expect(first.status).to.equal(201)
    for (const from of ['203.0.113.1', '198.51.100.7', '203.0.113.1', '198.51.100.7']) {
      expect((await register(asked, from, 'k1')).body).to.deep.equal(first.body)
    }
    // Who knows only the key and the names asks for another thing.
    const { user, client } = asked
    const stranger = await makeTestKey()
    const csr = Buffer.from(await stranger.csr([user, client])).toString('base64url')
    const refused = await register({ ...asked, csr }, '198.51.100.7', 'k1')
    expect([refused.status, refused.body['code']]).to.deep.equal([409, 'already-exists'])
    // A new one costs as ever.
    expect((await register(await requestOf('another'), '203.0.113.1', 'k2')).status).to.equal(429)
    expect((await register(asked, '203.0.113.1')).status).to.equal(429)
  })
})
