/** Finding another server's user by handle, over signed HTTP. */
import { expect } from 'chai'
import { contactsAggregate } from '#src/commands/contacts/contacts.js'
import { contactsStream } from '#src/events/contacts.js'
import { identifierQueryPath, identifierQueryRoute } from '#src/federation/inbound/identifierQuery.js'
import { identifierQuery } from '#src/federation/peers/identifierQuery.js'
import { decodeBody, encodeBody } from '#src/federation/wire/body.js'
import { identifierRequest, identifierResponse } from '#src/federation/wire/identifierQuery.js'
import type { IdentifierRequest } from '#src/federation/wire/identifierQuery.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Domain, UserId } from '#src/mls/wire/ids.js'
import { accept } from '#src/streams/decider.js'
import { derivedId } from '#src/streams/commandId.js'
import { openIdentityHouse } from '../identityHouse.js'
import type { IdentityHouse, Person } from '../identityHouse.js'
import { handClock, nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const b = nameOf('b.example')
const bea = makeId('user', b, new Uint8Array(16))

describe('a user that another server looks for', () => {
  let home: IdentityHouse
  let alice: Person
  let houses: readonly PeerHouse[] = []
  let asking: PeerHouse

  beforeEach(async () => {
    home = await openIdentityHouse()
    alice = await home.registerUser('alice')
    await home.registerUser('hidden', { discovery: 'hidden' })
    const { directory, domain } = home
    const map = new Map<Domain, string>()
    const options = {
      clock: handClock(home.now()),
      policy: { byDefault: 'open' as const, named: new Set([b, domain]) },
    }
    const route = identifierQueryRoute({ directory, handleKey: home.keys.server.handleKey, domain })
    const target = await openPeerHouse(domain, map, {
      ...options,
      routes: [route],
      rates: { lookupsPerPeer: { burst: 7, everyMs: 1e9 } },
    })
    target.own.directory = { ...target.own.directory, paths: { identifierQuery: identifierQueryPath } }
    asking = await openPeerHouse(b, map, options)
    houses = [target, asking]
  })
  afterEach(async () => {
    await home.close()
    for (const house of houses) await house.close()
  })

  const find = (handle: string, by: UserId = bea) => identifierQuery(asking.peers, { domain: home.domain, handle, by })

  /** As it stands on the wire. */
  const ask = async (elements: IdentifierRequest['elements'], domain: string = home.domain) => {
    const answer = await asking.peers.ask(home.domain, {
      ...{ method: 'POST', endpoint: 'identifierQuery', parameters: { domain }, contentType: 'message/mls' },
      ...{ body: encodeBody(identifierRequest, { elements, extensions: [] }), bytesMax: 10_000, timeoutMs: 10_000 },
    })
    const decoded = decodeBody(identifierResponse, answer.body)
    return decoded.ok ? decoded.value : answer.status
  }

  it('is found by the whole handle, in whatever case', async () => {
    expect(await find('alice')).to.deep.equal([alice.principal.user])
    expect(await find('ALICE')).to.deep.equal([alice.principal.user])
    expect(await find('ali')).to.deep.equal([])
  })

  it('is not found where it is hidden, and nobody can tell that from one who is not there', async () => {
    const asked = (value: string) => ask([{ type: 'handle', value }])
    const nobody = await asked('nobody')
    expect(nobody).to.deep.equal({ code: 'notFound', uris: [], foundProfiles: [], extensions: [] })
    expect(await asked('hidden')).to.deep.equal(nobody)
  })

  it('is not found by whom it has blocked', async () => {
    const stream = contactsStream(alice.principal.user)
    const command = { id: derivedId(stream, 'block'), bodyHash: '', at: home.now() }
    await home.streams.execute(contactsAggregate, stream, command, () =>
      accept({ type: 'UserBlocked', data: { user: alice.principal.user, blocked: bea } }),
    )
    await home.settled()
    expect(await find('alice')).to.deep.equal([])
    expect(await find('alice', makeId('user', b, new Uint8Array(16).fill(1)))).to.deep.equal([alice.principal.user])
  })

  it('is looked for by nothing but one handle, at its own server', async () => {
    const handle = { type: 'handle', value: 'alice' } as const
    for (const elements of [[], [handle, handle], [{ type: 'email', value: 'alice' } as const]])
      expect(await ask(elements)).to.have.property('code', 'unsupportedField')
    expect(await ask([handle], 'c.example')).to.equal(400)
  })

  it('is looked for so often, and three times less by guessing', async () => {
    await find('alice')
    await find('nobody')
    await find('nobody')
    const refused = await find('alice').catch((error: unknown) => error)
    expect(refused).to.have.property('name', 'PeerUnreachable')
    expect(refused).to.have.property('isThere', true)
  })
})
