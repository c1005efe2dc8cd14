import { expect } from 'chai'
import { handleAggregate, handleHash, reservationMs } from '#src/commands/account/handleReservation.js'
import { runRegistration } from '#src/commands/chains/registration.js'
import { handleStream } from '#src/events/handle.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { verifyCredential } from '#src/mls/group/verifyCredential.js'
import { client, registered, user, queue } from '../commands/people.js'
import { bodyOf, openIdentityHouse, rejectionOf } from './identityHouse.js'
import type { IdentityHouse } from './identityHouse.js'
import { makeTestKey } from './testClient.js'

type Registered = { readonly user: string; readonly client: string; readonly certificates: readonly string[] }

describe('registering a user', () => {
  let house: IdentityHouse
  beforeEach(async () => {
    house = await openIdentityHouse()
  })
  afterEach(() => house.close())

  const request = async (n: number, handle: string, more: object = {}) => {
    const key = await makeTestKey()
    const csr = Buffer.from(await key.csr([user(n), client(n)])).toString('base64url')
    return { key, body: { user: user(n), client: client(n), handle, csr, ...more } }
  }
  const register = async (n: number, handle: string, more: object = {}) =>
    house.call('post', '/v1/users', { body: (await request(n, handle, more)).body })

  it('hands out fresh ids, and a client id alone for a user that is there', async () => {
    const one = bodyOf(await house.call('post', '/v1/ids')) as Registered
    const two = bodyOf(await house.call('post', '/v1/ids', { body: { user: one.user } })) as Registered
    expect(two.user).to.equal(one.user)
    expect(two.client).not.to.equal(one.client)
    const elsewhere = await house.call('post', '/v1/ids', {
      body: { user: one.user.replace('localhost', 'a.example') },
    })
    expect(rejectionOf(elsewhere)).to.have.property('code', 'identity-mismatch')
  })

  it('vouches for the first client with a chain that verifies under the published root', async () => {
    const { key, body } = await request(1, 'alice')
    const made = bodyOf(await house.call('post', '/v1/users', { body })) as Registered
    const certificates = made.certificates.map((text) => fromBase64url(text)!)
    const { root } = bodyOf(await house.call('get', '/v1/authority')) as { root: string }
    const trust = (): readonly Uint8Array[] => [fromBase64url(root)!]
    const verified = verifyCredential({ type: 'x509', certificates }, key.publicKey, trust, house.now())
    expect(verified).to.have.nested.property('value.user', user(1))
  })

  it('writes the handle into no fact but encrypted', async () => {
    await register(1, 'alice.in.wonderland')
    const stored = JSON.stringify(await house.events.readAll({ after: 0 as never }))
    expect(stored).not.to.include('alice')
    const me = await house.call('get', '/v1/users/me', {
      principal: { kind: 'client', user: user(1), client: client(1) },
    })
    expect(me).to.have.nested.property('body.handle', 'alice.in.wonderland')
  })

  it('answers the same request again with the same certificate, and another body under its key with a refusal', async () => {
    const { body } = await request(1, 'alice')
    const first = await house.call('post', '/v1/users', { body, key: 'once' })
    const again = await house.call('post', '/v1/users', { body, key: 'once' })
    expect(again).to.deep.equal(first)
    const other = await house.call('post', '/v1/users', { body: { ...body, handle: 'bobby' }, key: 'once' })
    expect(rejectionOf(other)).to.deep.equal({ code: 'idempotency-mismatch' })
  })

  it('answers a hundred equal requests at once with one effect', async () => {
    const { body } = await request(1, 'alice')
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => house.call('post', '/v1/users', { body, key: 'once' })),
    )
    for (const reply of replies) expect(reply).to.deep.equal(replies[0])
    expect((await house.facts()).map(({ type }) => type)).to.deep.equal(['HandleReserved', 'UserRegistered'])
  })

  it('gives a handle to one of many who want it at once, whatever its capitals', async () => {
    const bodies = await Promise.all([1, 2, 3, 4, 5].map((n) => request(n, n % 2 === 0 ? 'Alice' : 'alice')))
    const replies = await Promise.all(bodies.map(({ body }) => house.call('post', '/v1/users', { body })))
    const refused = replies.filter((reply) => 'rejected' in reply)
    expect(refused).to.have.length(4)
    for (const reply of refused) expect(rejectionOf(reply)).to.deep.equal({ code: 'already-exists', what: 'handle' })
  })

  for (const handle of ['ab', '.alice', 'al ice', 'ali/ce', 'ålice', 'a'.repeat(33)]) {
    it(`refuses the handle "${handle}"`, async () => {
      expect(rejectionOf(await register(1, handle))).to.have.property('code', 'malformed')
    })
  }

  it('refuses a user who is there already, and reserves nothing for it', async () => {
    await register(1, 'alice')
    expect(rejectionOf(await register(1, 'bobby'))).to.deep.equal({ code: 'already-exists', what: 'user' })
    const hash = handleHash(house.keys.server.handleKey, 'bobby')
    expect((await house.streams.read(handleAggregate, handleStream(hash))).state).to.deep.equal({ status: 'free' })
  })

  it('refuses a client id that is another user’s', async () => {
    await register(1, 'alice')
    const key = await makeTestKey()
    const csr = Buffer.from(await key.csr([user(2), client(1)])).toString('base64url')
    const body = { user: user(2), client: client(1), handle: 'mallory', csr }
    const reply = await house.call('post', '/v1/users', { body })
    expect(rejectionOf(reply)).to.deep.equal({ code: 'already-exists', what: 'client' })
  })

  it('refuses a request for other names, of another domain, or that is none', async () => {
    const { body } = await request(1, 'alice')
    for (const other of [{ client: client(2) }, { user: user(2) }]) {
      const refused = await house.call('post', '/v1/users', { body: { ...body, ...other } })
      expect(rejectionOf(refused)).to.have.property('code', 'identity-mismatch')
    }
    const elsewhere = {
      user: user(1).replace('localhost', 'a.example'),
      client: client(1).replace('localhost', 'a.example'),
    }
    expect(rejectionOf(await house.call('post', '/v1/users', { body: { ...body, ...elsewhere } }))).to.have.property(
      'code',
      'identity-mismatch',
    )
    expect(rejectionOf(await house.call('post', '/v1/users', { body: { ...body, csr: 'AAAA' } }))).to.deep.equal({
      code: 'malformed',
      detail: 'csr: notARequest',
    })
    const large = await house.call('post', '/v1/users', { body: { ...body, csr: 'A'.repeat(8_000) } })
    expect(rejectionOf(large)).to.deep.equal({ code: 'too-large', max: 4_096, actual: 6_000 })
  })

  it('refuses everybody where registration is closed', async () => {
    const closed = await openIdentityHouse({ registration: 'closed' })
    const { body } = await request(1, 'alice')
    expect(rejectionOf(await closed.call('post', '/v1/users', { body }))).to.deep.equal({
      code: 'not-allowed',
      capability: 'register',
    })
    await closed.close()
  })

  describe('when a registration stops half-way', () => {
    const hash = (): string => handleHash(house.keys.server.handleKey, 'alice')
    const crashed = new Error('the process died here')
    /** Reserves the handle for user 1, and dies. */
    const stopHalfWay = async (): Promise<void> => {
      const command = { id: 'half', bodyHash: '', at: house.now() }
      const registration = { user: user(1), handleHash: hash(), prepare: () => Promise.reject(crashed) }
      const outcome = await runRegistration(house.streams, command, registration).catch((error: unknown) => error)
      expect(outcome).to.equal(crashed)
    }
    const finish = (at: number) =>
      runRegistration(
        house.streams,
        { id: 'half', bodyHash: '', at },
        {
          user: user(1),
          handleHash: hash(),
          prepare: () => {
            const { first, ...data } = registered(1).data
            return Promise.resolve({ ...data, handleHash: hash(), ...first, directQueue: queue(1) })
          },
        },
      )

    it('is finished by running it again', async () => {
      await stopHalfWay()
      expect(await finish(house.now())).to.have.nested.property('state.status', 'active')
      expect((await house.facts()).map(({ type }) => type)).to.deep.equal(['HandleReserved', 'UserRegistered'])
    })

    it('keeps the handle from the next taker until its time is over', async () => {
      await stopHalfWay()
      house.pass(reservationMs - 1)
      expect(rejectionOf(await register(2, 'alice'))).to.deep.equal({ code: 'already-exists', what: 'handle' })
      house.pass(1)
      expect(await register(2, 'alice')).to.have.property('status', 201)
      expect((await house.facts()).map(({ type }) => type)).to.deep.equal([
        'HandleReserved',
        'RegistrationAbandoned',
        'HandleReleased',
        'HandleReserved',
        'UserRegistered',
      ])
    })

    it('is refused when it comes after it was given up', async () => {
      await stopHalfWay()
      house.pass(reservationMs)
      await register(2, 'alice')
      expect(rejectionOf(await finish(house.now()))).to.deep.equal({ code: 'already-exists', what: 'user' })
    })

    it('wins or loses the handle whole when both come at once', async () => {
      await stopHalfWay()
      house.pass(reservationMs)
      const [late, next] = await Promise.all([finish(house.now()), register(2, 'alice')])
      const winners = [late, next].filter((outcome) => !('rejected' in outcome))
      expect(winners).to.have.length(1)
    })

    it('does not keep a handle that was reserved for a user who has another', async () => {
      await stopHalfWay()
      expect(await register(1, 'lewis')).to.have.property('status', 201)
      house.pass(reservationMs)
      expect(await register(2, 'alice')).to.have.property('status', 201)
    })
  })
})
