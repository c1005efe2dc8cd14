import { expect } from 'chai'
import type { JWTPayload } from 'jose'
import { writeToken } from '#src/api/tokens/bearerToken.js'
import { useOnceByLease, useOnceInMemory } from '#src/api/tokens/usedOnce.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { Leases } from '#src/ports/leases.js'
import { client, queue, user } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf, tokenUrl } from './identityHouse.js'
import type { IdentityHouse, Person } from './identityHouse.js'
import { makeTestKey } from './testClient.js'

const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
type Issued = { readonly access_token: string; readonly expires_in: number }

describe('bearer tokens', () => {
  let house: IdentityHouse
  let alice: Person
  beforeEach(async () => {
    house = await openIdentityHouse()
    alice = await house.registerUser('alice')
  })
  afterEach(() => house.close())

  let count = 0
  const claims = (issuer: string, more: Record<string, unknown> = {}): JWTPayload => {
    const exp = Math.floor(house.now() / 1000) + 30
    return { iss: issuer, sub: issuer, aud: tokenUrl, exp, jti: `jti${count++}`, ...more }
  }
  const post = (assertion: string) => house.call('post', '/v1/token', { body: { grant_type: grant, assertion } })
  const tokenOf = async (person: Person): Promise<string> =>
    (bodyOf(await post(await person.key.sign(claims(person.principal.client)))) as Issued).access_token
  const refusal = async (more: Record<string, unknown>): Promise<unknown> =>
    rejectionOf(await post(await alice.key.sign(claims(alice.principal.client, more))))

  for (const algorithm of ['Ed25519', 'P-256', 'P-384'] as const) {
    it(`are given for an assertion by a client's ${algorithm} key`, async () => {
      const person = await house.registerUser('bobby', {}, await makeTestKey(algorithm))
      const issued = bodyOf(await post(await person.key.sign(claims(person.principal.client)))) as Issued
      expect(issued).to.include({ token_type: 'Bearer', expires_in: 900 })
      expect(await house.authentication.authenticate(issued.access_token)).to.deep.equal(person.principal)
    })
  }

  it('are given to a queue for an assertion by its key', async () => {
    const key = await makeTestKey('P-256')
    house.queues.set(queue(9), { algorithm: 'P-256', publicKey: toBase64url(key.publicKey) })
    const { access_token } = bodyOf(await post(await key.sign(claims(queue(9))))) as Issued
    expect(await house.authentication.authenticate(access_token)).to.deep.equal({ kind: 'queue', queue: queue(9) })
    house.queues.delete(queue(9))
    expect(await house.authentication.authenticate(access_token)).to.have.nested.property(
      'rejected.code',
      'not-authenticated',
    )
  })

  it('hold for 15 minutes, and then say that they have expired', async () => {
    const token = await tokenOf(alice)
    house.pass(15 * 60_000 - 1)
    expect(await house.authentication.authenticate(token)).to.deep.equal(alice.principal)
    house.pass(1)
    expect(await house.authentication.authenticate(token)).to.deep.equal({ rejected: { code: 'token-expired' } })
  })

  it('are cut off at once with their client', async () => {
    const token = await tokenOf(alice)
    await house.call('delete', '/v1/users/me', { principal: alice.principal })
    expect(await house.authentication.authenticate(token)).to.have.nested.property('rejected.code', 'not-authenticated')
    expect(await refusal({})).to.have.property('code', 'not-authenticated')
  })

  it('are refused when forged, cut, joined or of another kind', async () => {
    const token = await tokenOf(alice)
    const [payload = '', mac = ''] = token.split('.')
    const other = writeToken(new Uint8Array(32), { holder: alice.principal, expires: house.now() + 1_000 })
    const forged = Buffer.from(JSON.stringify(['q', queue(1), house.now() * 2])).toString('base64url')
    for (const bad of ['', '.', 'x', payload, `${payload}.`, `.${mac}`, `${token}.x`, other, `${forged}.${mac}`]) {
      expect(await house.authentication.authenticate(bad), bad).to.have.nested.property(
        'rejected.code',
        'not-authenticated',
      )
    }
  })

  const operator = { kind: 'operator', token: 'ng6S7xZwFjjBKJMh', name: 'operator', role: 'admin' }

  it('of operators are refused unread at the clients’ door, which is no place to guess at', async () => {
    house.setOperatorToken('hs_op_secret')
    for (const token of ['hs_op_secret', 'hs_op_other'])
      expect(await house.authentication.authenticate(token)).to.deep.equal({
        rejected: { code: 'not-allowed', capability: 'client token' },
      })
  })

  it('know the operator by the newest operator token alone', async () => {
    const authenticate = (token: string) => house.authenticateOperator(token, '203.0.113.7')
    expect(await authenticate('hs_op_secret')).to.have.nested.property('rejected.code', 'not-authenticated')
    house.setOperatorToken('hs_op_secret')
    expect(await authenticate('hs_op_secret')).to.deep.equal(operator)
    house.setOperatorToken('hs_op_newer')
    expect(await authenticate('hs_op_secret')).to.have.nested.property('rejected.code', 'not-authenticated')
  })

  it('of clients are nobody’s at the door of operators, whom their own token names by its fingerprint', async () => {
    const authenticateOperator = (token: string) => house.authenticateOperator(token, '203.0.113.7')
    house.setOperatorToken('hs_op_secret')
    expect(await authenticateOperator('hs_op_secret')).to.deep.equal(operator)
    for (const stranger of [await tokenOf(alice), 'hs_op_secre', 'hs_op_secret2', 'hs_op_', ''])
      expect(await authenticateOperator(stranger), stranger).to.have.nested.property(
        'rejected.code',
        'not-authenticated',
      )
  })

  const wrong: readonly (readonly [string, () => Record<string, unknown>])[] = [
    ['another audience', () => ({ aud: 'https://elsewhere.example/v1/token' })],
    ['another subject', () => ({ sub: client(9) })],
    ['no exp', () => ({ exp: undefined })],
    ['an exp that is no number', () => ({ exp: String(Math.floor(house.now() / 1000)) })],
    ['no jti', () => ({ jti: undefined })],
    ['a beginning that is no time', () => ({ nbf: 'later' })],
    ['an issuer that nobody knows', () => ({ iss: client(9), sub: client(9) })],
    ['a user for its issuer', () => ({ iss: user(1), sub: user(1) })],
  ]
  for (const [what, more] of wrong) {
    it(`are refused for an assertion with ${what}`, async () => {
      expect(await refusal(more())).to.have.property('code', 'not-authenticated')
    })
  }

  it('are given to clocks that are off by ten seconds, either way, and tell the time to others', async () => {
    const now = Math.floor(house.now() / 1000)
    for (const more of [{ exp: now + 70 }, { exp: now - 9 }, { nbf: now + 10 }]) {
      expect(await refusal(more), JSON.stringify(more)).to.equal(undefined)
    }
    // None of these counts as a failure: five would make the sixth wait.
    for (const more of [{ exp: now + 71 }, { exp: now - 10 }, { nbf: now + 11 }, { exp: now - 3_600 }]) {
      for (const one of [more, more]) {
        expect(await refusal(one)).to.deep.equal({ code: 'clock-skew', serverTime: house.now() })
      }
    }
  })

  it('tell nobody the time who has not the key', async () => {
    const late = claims(alice.principal.client, { exp: Math.floor(house.now() / 1000) - 100 })
    expect(rejectionOf(await post(await (await makeTestKey()).sign(late)))).to.have.property(
      'code',
      'not-authenticated',
    )
  })

  it('are given once for an assertion, for as long as the leeway lets it hold', async () => {
    const assertion = await alice.key.sign(claims(alice.principal.client, { exp: Math.floor(house.now() / 1000) }))
    expect(rejectionOf(await post(assertion))).to.equal(undefined)
    house.pass(9_000)
    expect(rejectionOf(await post(assertion))).to.have.property('code', 'not-authenticated')
  })

  it('are refused for another key, another algorithm, no signature, or no JWS at all', async () => {
    const stranger = await makeTestKey()
    const unsigned = [{ alg: 'none' }, claims(alice.principal.client)]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const assertions = [
      await stranger.sign(claims(alice.principal.client)),
      await (await makeTestKey('P-256')).sign(claims(alice.principal.client)),
      `${unsigned}.`,
      'AAAA',
    ]
    for (const assertion of assertions) {
      expect(rejectionOf(await post(assertion))).to.have.property('code', 'not-authenticated')
    }
  })

  it('are given once for an assertion', async () => {
    const assertion = await alice.key.sign(claims(alice.principal.client))
    const replies = await Promise.all([1, 2, 3].map(() => post(assertion)))
    expect(replies.filter((reply) => !('rejected' in reply))).to.have.length(1)
    house.pass(29_000)
    expect(rejectionOf(await post(assertion))).to.have.property('code', 'not-authenticated')
  })

  it('make whoever fails five times wait, and count no success', async () => {
    for (let n = 0; n < 20; n++) await tokenOf(alice)
    for (let n = 0; n < 5; n++) expect(await refusal({ aud: 'x' })).to.have.property('code', 'not-authenticated')
    expect(await refusal({})).to.deep.equal({ code: 'rate-limited', retryAfter: 180 })
    house.pass(180_000)
    expect(await refusal({})).to.equal(undefined)
  })
})

describe('what counts once', () => {
  const clockAt = (at: { now: number }) => ({ now: () => at.now, sleep: () => Promise.resolve() })

  it('counts once in a process, until its time is over', async () => {
    const at = { now: 1_000 }
    const useOnce = useOnceInMemory(clockAt(at))
    expect(await useOnce('a', 2_000)).to.equal(true)
    expect(await useOnce('a', 2_000)).to.equal(false)
    expect(await useOnce('b', 2_000)).to.equal(true)
    at.now = 2_000
    expect(await useOnce('a', 3_000)).to.equal(true)
  })

  it('counts once across processes by leases, and gives old leases up', async () => {
    const at = { now: 1_000 }
    const held = new Map<string, { holder: string; until: number }>()
    const leases: Leases = {
      take: (name, holder, ttlMs) => {
        const other = held.get(name)
        if (other !== undefined && other.holder !== holder && other.until > at.now) return Promise.resolve(false)
        held.set(name, { holder, until: at.now + ttlMs })
        return Promise.resolve(true)
      },
      release: (name, holder) => {
        if (held.get(name)?.holder === holder) held.delete(name)
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
    let n = 0
    const random = { bytes: (length: number) => new Uint8Array(length).fill(n++) }
    const [one, two] = [1, 2].map(() => useOnceByLease(leases, clockAt(at), random))
    expect(await one!('a', 2_000)).to.equal(true)
    expect(await two!('a', 2_000)).to.equal(false)
    at.now = 2_001
    expect(await one!('b', 3_000)).to.equal(true)
    expect(held.size).to.equal(1)
  })
})
