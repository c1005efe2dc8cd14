/** Contact between users of two servers, as the one that is told hears it, over signed HTTP. */
import { expect } from 'chai'
import { contactsAggregate } from '#src/commands/contacts/contacts.js'
import { seekContact } from '#src/commands/contacts/elsewhere.js'
import { contactsStream } from '#src/events/contacts.js'
import { answerMs, consentRoutes, requestConsentPath, updateConsentPath } from '#src/federation/inbound/consent.js'
import { clientsRoute, clientsTemplate } from '#src/federation/inbound/clients.js'
import { askClients, clientsExtension } from '#src/federation/peers/clients.js'
import { tellConsent } from '#src/federation/peers/consent.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { consentEntry } from '#src/federation/wire/consent.js'
import type { ConsentEntry } from '#src/federation/wire/consent.js'
import type { Word } from '#src/items/contactWord.js'
import { limitDefaults } from '#src/limits/limits.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Domain, UserId } from '#src/mls/wire/ids.js'
import { derivedId } from '#src/streams/commandId.js'
import { openIdentityHouse } from '../identityHouse.js'
import type { IdentityHouse, Person } from '../identityHouse.js'
import { handClock, nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const b = nameOf('b.example')
const bea = (n: number): UserId => makeId('user', b, new Uint8Array(16).fill(n))

describe('a word of a user of another server', () => {
  let home: IdentityHouse
  let alice: Person
  let houses: readonly PeerHouse[] = []
  let asking: PeerHouse
  let slept: number[]

  const openHouses = async (isKnown: boolean): Promise<void> => {
    const { domain, streams } = home
    const map = new Map<Domain, string>()
    const named = new Set<Domain>(isKnown ? [b, domain] : [])
    const options = { clock: handClock(home.now()), policy: { byDefault: 'open' as const, named } }
    const clock = {
      sleep: (ms: number) => {
        slept.push(ms)
        return Promise.resolve()
      },
    }
    const target = await openPeerHouse(domain, map, {
      ...options,
      behindProxy: true,
      routes: [...consentRoutes({ streams, domain, limits: limitDefaults, clock }), clientsRoute({ streams, domain })],
      rates: {
        connectionRequestsPerRequester: { burst: 3, everyMs: 1e9 },
        connectionRequestsPerPeerAndTarget: { burst: 5, everyMs: 1e9 },
        claimsPerNewPeer: { burst: 2, everyMs: 1e9 },
      },
    })
    target.own.directory = {
      ...target.own.directory,
      paths: { requestConsent: requestConsentPath, updateConsent: updateConsentPath },
      extensionPaths: { [clientsExtension]: clientsTemplate },
    }
    asking = await openPeerHouse(b, map, options)
    houses = [target, asking]
  }

  beforeEach(async () => {
    home = await openIdentityHouse()
    alice = await home.registerUser('alice')
    slept = []
    await openHouses(true)
  })
  afterEach(async () => {
    await home.close()
    for (const house of houses) await house.close()
  })

  let keys = 0
  const say = (word: Word['word'], more: Partial<Word> = {}, key = `key-${keys++}`) =>
    tellConsent(
      asking.peers,
      { word, user: bea(1), other: alice.principal.user, request: 'theirs', ...more },
      key,
      new AbortController().signal,
    )

  /** As it stands on the wire. */
  const ask = async (entry: Partial<ConsentEntry>, endpoint = 'requestConsent', domain: string = home.domain) => {
    const scope = { requesterUri: bea(1), targetUri: alice.principal.user, roomId: undefined, extensions: [] }
    const { status, body } = await asking.peers.ask(home.domain, {
      ...{ method: 'POST', endpoint, parameters: { targetDomain: domain, requesterDomain: domain } },
      ...{ contentType: 'message/mls', bytesMax: 10_000, timeoutMs: 10_000 },
      body: encodeBody(consentEntry, { ...scope, operation: 'request', ...entry } as ConsentEntry),
    })
    return status === 201 ? body.length : (JSON.parse(Buffer.from(body).toString()) as { code: string }).code
  }

  const contactFacts = async () =>
    (await home.facts()).filter(({ type }) => type.startsWith('Con') || type.startsWith('Contact'))

  const waiting = async (): Promise<readonly { readonly request: string; readonly ciphertext: string }[]> => {
    await home.settled()
    const reply = await home.call('get', '/v1/requests', { principal: alice.principal })
    return 'rejected' in reply ? [] : (reply.body as { requests: { request: string; ciphertext: string }[] }).requests
  }

  const seek = async (n: number): Promise<void> => {
    const { user } = alice.principal
    const stream = contactsStream(user)
    const asked = { user: bea(n), from: user, request: `request${n}`, ciphertext: 'AAAA', at: home.now() }
    const command = { id: derivedId(stream, String(n)), bodyHash: '', at: home.now() }
    const decide = seekContact({ ...asked, pendingMax: 10, afreshMs: 1_000 })
    await home.streams.execute(contactsAggregate, stream, command, decide)
  }

  it('asks for contact, with its letter, once', async () => {
    expect(await say('request', { ciphertext: 'bGV0dGVy' }, 'same')).to.equal('told')
    expect(await say('request', { ciphertext: 'bGV0dGVy' }, 'same')).to.equal('told')
    expect((await waiting()).map(({ ciphertext }) => ciphertext)).to.deep.equal(['bGV0dGVy'])
    expect((await contactFacts()).map(({ type }) => type)).to.deep.equal(['ConnectionRequested'])
  })

  it('is answered alike and after the same time, whether there is such a user, and whoever it blocked', async () => {
    const block = { principal: alice.principal, params: { user: bea(2) } }
    await home.call('put', '/v1/blocks/{user}', block)
    const nobody = makeId('user', home.domain, new Uint8Array(16).fill(99))
    const answers = [
      await ask({}),
      await ask({ targetUri: nobody }),
      await ask({ requesterUri: bea(2) }),
      await ask({}),
    ]
    expect(new Set(answers)).to.deep.equal(new Set([0]))
    expect(slept).to.deep.equal(answers.map(() => answerMs))
    expect(await waiting()).to.have.length(1)
  })

  it('costs what a request costs before it is known whom it is for', async () => {
    const nobody = makeId('user', home.domain, new Uint8Array(16).fill(99))
    for (const other of [nobody, alice.principal.user, nobody]) expect(await say('request', { other })).to.equal('told')
    for (const other of [nobody, alice.principal.user]) expect(await say('request', { other })).to.equal('later')
    expect(await say('request', { user: bea(2) })).to.equal('told')
  })

  it('asks so often from a server that is new, whoever of it asks', async () => {
    for (const house of houses) await house.close()
    await openHouses(false)
    const heard = []
    for (const n of [1, 2, 3]) heard.push(await say('request', { user: bea(n) }))
    expect(heard).to.deep.equal(['told', 'told', 'later'])
  })

  it('takes back what it asked', async () => {
    await say('request')
    expect(await waiting()).to.have.length(1)
    await say('end')
    expect(await waiting()).to.deep.equal([])
  })

  it('accepts what was asked, and nothing else', async () => {
    await say('accept', { ciphertext: 'eWVz' })
    expect(await contactFacts()).to.deep.equal([])
    await seek(1)
    await say('accept', { ciphertext: 'eWVz' })
    const last = (await contactFacts()).at(-1)
    expect(last).to.deep.equal({
      type: 'ContactGranted',
      data: { user: bea(1), from: alice.principal.user, request: 'request1', ciphertext: 'eWVz' },
    })
    await home.settled()
    const listed = await home.call('get', '/v1/contacts', { principal: alice.principal })
    expect(listed).to.have.nested.property('body.contacts[0].user', bea(1))
  })

  it('says no, and ends what was', async () => {
    await seek(1)
    await say('reject')
    expect((await contactFacts()).at(-1)).to.have.nested.property('data.request', 'request1')
    await seek(1)
    await say('accept')
    await say('end')
    await home.settled()
    const listed = await home.call('get', '/v1/contacts', { principal: alice.principal })
    expect(listed).to.have.nested.property('body.contacts').that.deep.equals([])
  })

  it('is heard of so many users of a server by one of ours in a day, as they are as many as it says', async () => {
    const carol = await home.registerUser('carol')
    const heard = []
    for (let n = 1; n <= 6; n++) heard.push(await ask({ requesterUri: bea(n) }))
    expect(heard).to.deep.equal([0, 0, 0, 0, 0, 'rate-limited'])
    expect(await waiting()).to.have.length(5)
    expect(await ask({ requesterUri: bea(7), targetUri: carol.principal.user })).to.equal(0)
  })

  it('is heard of its own server alone, to a user of ours, of no room, and at its endpoint', async () => {
    const stranger = makeId('user', nameOf('c.example'), new Uint8Array(16))
    expect(await ask({ requesterUri: stranger })).to.equal('identity-mismatch')
    expect(await ask({ operation: 'revoke' }, 'updateConsent')).to.equal('identity-mismatch')
    expect(await ask({ targetUri: stranger })).to.equal('malformed')
    expect(await ask({ operation: 'revoke' })).to.equal('malformed')
    expect(await ask({}, 'requestConsent', 'c.example')).to.equal('malformed')
    expect(await ask({ roomId: 'mimi://b.example/g/AAAAAAAAAAAAAAAAAAAAAA' })).to.equal('unsupported-message')
    const data = new Uint8Array(limitDefaults.connectionRequestBytesMax + 1)
    expect(await ask({ extensions: [{ componentId: 0xf0c3, data }] })).to.equal('too-large')
    const many = Array.from({ length: 65 }, (_, n) => ({ componentId: n, data: new Uint8Array() }))
    expect(await ask({ extensions: many })).to.equal('too-large')
    expect(await contactFacts()).to.deep.equal([])
  })

  describe('and the clients of ours that it is shown', () => {
    const clients = (user: UserId = alice.principal.user, by = bea(1)) => askClients(asking.peers, { user, by })

    it('are those that there are, with their certificates', async () => {
      const [listed, ...more] = (await clients()) ?? []
      expect([listed?.client, listed?.keys[0]?.certificates.length, more]).to.deep.equal([
        alice.principal.client,
        2,
        [],
      ])
    })

    it('are nobody’s to whom it blocked, and where nobody is', async () => {
      await home.call('put', '/v1/blocks/{user}', { principal: alice.principal, params: { user: bea(1) } })
      expect(await clients()).to.equal(undefined)
      expect(await clients(makeId('user', home.domain, new Uint8Array(16).fill(99)))).to.equal(undefined)
      expect(await clients(alice.principal.user, bea(2))).to.have.length(1)
    })

    it('of one who is hidden are shown to whom it asks, and to its contacts', async () => {
      await home.call('patch', '/v1/users/me', { principal: alice.principal, body: { discovery: 'hidden' } })
      expect(await clients()).to.equal(undefined)
      await seek(1)
      expect(await clients()).to.have.length(1)
      await say('accept')
      expect(await clients()).to.have.length(1)
      await say('end')
      expect(await clients()).to.equal(undefined)
    })

    it('are shown to a user of the server that asks', async () => {
      const refused = await clients(
        alice.principal.user,
        makeId('user', nameOf('c.example'), new Uint8Array(16)),
      ).catch((error: unknown) => error)
      expect(refused).to.have.property('name', 'PeerUnreachable')
    })
  })
})
