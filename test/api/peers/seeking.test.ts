/** Users of other servers, asked for by a client whose server is composed as it is: what its own server answers at once, and what it records. */
import { expect } from 'chai'
import { contactsStream } from '#src/events/contacts.js'
import { localPart, makeId } from '#src/mls/wire/ids.js'
import type { UserId } from '#src/mls/wire/ids.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import type { Resident } from '../../faults/house.js'
import { nameOf } from './peerHouse.js'
import { ownInLog } from '../../support/ownInLog.js'

const uri = encodeURIComponent
const bea = (n: number): UserId => makeId('user', nameOf('b.example'), new Uint8Array(16).fill(n))

describe('a user of another server that is asked for contact', () => {
  let house: ComposedServer
  let [alice, bob]: Resident[] = []
  const open = async (settings: Record<string, string>): Promise<void> => {
    house = await composeServer(settings)
    ;[alice, bob] = [await house.register(), await house.register()]
  }
  afterEach(() => house.close())

  const ask = async (user: UserId, key: string): Promise<unknown> => {
    const json = { ciphertext: 'AAAA' }
    const { status, body } = await house.ask(alice, 'POST', `/v1/users/${uri(user)}/requests`, { json, key })
    return status === 202 ? body['request'] : body['code']
  }
  const facts = async (stream: string): Promise<readonly string[]> =>
    (await house.log()).filter((event) => event.stream === ownInLog(stream)).map(({ type }) => type)

  it('is asked by and by: the request stands in the stream of who asks, once, whatever its server is doing', async () => {
    await open({ FEDERATION: 'open', FEDERATION_PEERS: 'b.example=http://127.0.0.1:1' })
    const first = await ask(bea(1), 'first')
    expect(first).to.be.a('string')
    expect([await ask(bea(1), 'first'), await ask(bea(1), 'again')]).to.deep.equal([first, 'already-exists'])
    expect(await facts(contactsStream(alice!.user))).to.deep.equal(['ContactSought'])
  })

  it('is not taken for one of this server whose id has the same random part', async () => {
    await open({ FEDERATION: 'open', FEDERATION_PEERS: 'b.example=http://127.0.0.1:1' })
    const namesake = `mimi://b.example/u/${localPart(bob!.user)}` as UserId
    expect(await ask(namesake, 'namesake')).to.be.a('string')
    expect(await facts(contactsStream(bob!.user))).to.deep.equal([])
    const { body } = await house.ask(bob, 'GET', '/v1/requests')
    expect(body['requests']).to.deep.equal([])
  })

  it('is nobody where no other server is spoken to, and told so where that one is not', async () => {
    await open({})
    expect(await ask(bea(1), 'off')).to.equal('no-such-user')
    for (const what of ['clients', 'profile'])
      expect((await house.ask(alice, 'GET', `/v1/users/${uri(bea(1))}/${what}`)).body).to.include({
        code: 'no-such-user',
      })
    await house.close()
    await open({ FEDERATION: 'allow' })
    expect(await ask(bea(1), 'not allowed')).to.equal('malformed')
    expect(await ask(bea(1), 'not-allowed')).to.equal('peer-not-federating')
    expect(await facts(contactsStream(alice!.user))).to.deep.equal([])
  })
})
