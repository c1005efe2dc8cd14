/** KeyPackages for another server's client: by its own signature, through the hub of the room, over signed HTTP. */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { keyMaterialRequest } from '#src/client/trust/keyMaterialRequest.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { contactsAggregate } from '#src/commands/contacts/contacts.js'
import { contactsStream } from '#src/events/contacts.js'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import { claimElsewhere } from '#src/federation/claims/claimElsewhere.js'
import type { RootsOf } from '#src/federation/claims/roots.js'
import { knowAway } from '#src/federation/forwarding/away.js'
import { keyMaterialPath, keyMaterialRoute } from '#src/federation/inbound/keyMaterial.js'
import type { PeerRoute } from '#src/federation/inbound/door.js'
import type { Peers } from '#src/federation/peers/client.js'
import { decodeBody } from '#src/federation/wire/body.js'
import { keyMaterialResponse } from '#src/federation/wire/keyMaterial.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Domain, GroupId, UserId } from '#src/mls/wire/ids.js'
import { accept } from '#src/streams/decider.js'
import { derivedId } from '#src/streams/commandId.js'
import { reject } from '#src/streams/rejection.js'
import type { Streams } from '#src/streams/streams.js'
import { makePeople } from '../../client/support/people.js'
import type { People, Person } from '../../client/support/people.js'
import { queue } from '../../commands/people.js'
import { openIdentityHouse } from '../identityHouse.js'
import type { IdentityHouse, Person as Registered } from '../identityHouse.js'
import { makeKeyPackage } from '../testKeyPackages.js'
import { handClock, nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const [a, c] = [nameOf('a.example'), nameOf('c.example')]

const goldenEvent = async (name: string): Promise<unknown> =>
  (JSON.parse(await readFile(`test/golden/events/${name}.json`, 'utf8')) as { event: unknown }).event

describe('KeyPackages that another server’s client claims', () => {
  let people: People
  let alice: Person
  let home: IdentityHouse
  let bob: Registered
  let houses: readonly PeerHouse[] = []
  let [requesters, target, hub]: PeerHouse[] = []
  /** What the hub knows of rooms. */
  let rooms: Streams

  before(async () => {
    people = await makePeople('a.example', Date.UTC(2026, 10, 25))
    alice = await people.person()
  })

  beforeEach(async () => {
    home = await openIdentityHouse()
    bob = await home.registerUser('bob')
    home.queues.set(queue(1), { algorithm: 'Ed25519', publicKey: '' })
    const stock = [true, false, false].map((lastResort) => {
      const lifetimeSeconds = (lastResort ? 10n : 30n) * 86_400n
      return makeKeyPackage(home, bob, { queue: queue(1), lastResort, lifetimeSeconds })
    })
    const keyPackages = (await Promise.all(stock)).map(toBase64url)
    await home.call('post', '/v1/keyPackages', { principal: bob.principal, body: { keyPackages } })
    const map = new Map<Domain, string>()
    const clock = handClock(home.now())
    const options = { clock, policy: { byDefault: 'open' as const, named: new Set([a, home.domain, c]) } }
    const rootsFor: RootsOf = (of) =>
      Promise.resolve(of === a ? [people.root] : reject({ code: 'peer-unreachable', domains: [of] }))
    const served = (of: Domain, streams: Streams, peers: Peers): readonly PeerRoute[] => [
      keyMaterialRoute({ streams, domain: of, peers, away: knowAway(clock), rootsFor }),
    ]
    const asking: Peers = { ask: (peer, request) => hub!.peers.ask(peer, request) }
    requesters = await openPeerHouse(a, map, options)
    target = await openPeerHouse(home.domain, map, {
      ...options,
      routes: served(home.domain, home.streams, asking),
      rates: {
        claimsPerRequesterAndTarget: { burst: 4, everyMs: 1e9 },
        claimsPerPeerAndTarget: { burst: 6, everyMs: 1e9 },
      },
    })
    rooms = requesters.streams
    hub = await openPeerHouse(c, map, { ...options, routes: served(c, rooms, asking) })
    for (const house of [target, hub])
      house.own.directory = { ...house.own.directory, paths: { keyMaterial: keyMaterialPath } }
    houses = [requesters, target, hub]
  })
  afterEach(async () => {
    await home.close()
    for (const house of houses) await house.close()
  })

  const roomOf = (domain: Domain, number = 1): GroupId => makeId('group', domain, new Uint8Array(16).fill(number))

  type Claiming = { readonly by?: Person; readonly of?: UserId; readonly room?: GroupId; readonly suite?: number }
  const requestOf = ({ by = alice, of = bob.principal.user, room = roomOf(a), suite = 1 }: Claiming = {}) => {
    const { user, identity } = by
    const { certificates, signatureKey, signatureSeed: seed } = identity
    return keyMaterialRequest({
      account: { user, certificates, signatureKey, seed },
      target: of,
      room,
      cipherSuite: suite,
    })
  }

  /** As Alice's own server does it. */
  const claim = async (claiming: Claiming = {}) =>
    claimElsewhere(
      {
        domain: a,
        peers: requesters!.peers,
        away: knowAway(requesters!.clock),
        rootsFor: () => Promise.resolve([people.root]),
        clock: requesters!.clock,
      },
      { by: alice, target: claiming.of ?? bob.principal.user, request: await requestOf(claiming) },
    )

  /** As it stands on the wire. */
  const ask = async (body: Uint8Array, from = requesters!, to = home.domain) => {
    const answer = await from.peers.ask(to, {
      ...{ method: 'POST', endpoint: 'keyMaterial', parameters: { targetUser: bob.principal.user } },
      ...{ contentType: 'message/mls', body, bytesMax: 100_000, timeoutMs: 10_000 },
    })
    if (answer.status !== 200) return (JSON.parse(Buffer.from(answer.body).toString()) as { code: string }).code
    const decoded = decodeBody(keyMaterialResponse, answer.body)
    return decoded.ok ? decoded.value.userStatus : decoded.refusal.code
  }

  const packagesIn = (heard: Awaited<ReturnType<typeof claim>>): readonly string[] => {
    if ('rejected' in heard) throw new Error(JSON.stringify(heard.rejected))
    return heard.clients.map(({ keyPackage }) => (keyPackage === undefined ? 'none' : toBase64url(keyPackage)))
  }

  const claims = async () =>
    (await home.facts()).flatMap((event) => (event.type === 'KeyPackageClaimed' ? [event.data] : []))

  it('are handed out, each once, and it is known who claimed', async () => {
    const heard = await claim()
    expect(heard).to.have.property('userStatus', 'success')
    const [claimed, ...more] = await claims()
    expect([claimed?.by, more]).to.deep.equal([alice.user, []])
    expect(packagesIn(heard)).to.deep.equal([claimed?.keyPackage])
  })

  it('are the same for an old request that is played again, as long as they are good', async () => {
    const request = await requestOf()
    const first = await ask(request)
    const pass = (days: number): void => {
      // One clock for all houses.
      target!.clock.at += days * 86_400_000
      home.pass(days * 86_400_000)
    }
    pass(3)
    // Commands of longer ago than a day are forgotten with the next one.
    const other = await ask(await requestOf({ room: roomOf(a, 2) }))
    // The other single one went too, and the last resort is over.
    pass(8)
    const all = [first, other, await ask(request), await ask(request)]
    expect(all).to.deep.equal(['success', 'success', 'success', 'success'])
    expect(await claims()).to.have.length(2)
  })

  it('are the same for the same request, and others for another room', async () => {
    const first = packagesIn(await claim())
    expect(packagesIn(await claim())).to.deep.equal(first)
    expect(packagesIn(await claim({ room: roomOf(a, 2) }))).not.to.deep.equal(first)
    expect(await claims()).to.have.length(2)
  })

  /** The room as a server knows it: with Alice in it. */
  const hasRoom = async (streams: Streams, room: GroupId): Promise<void> => {
    const { data } = (await goldenEvent('group.GroupCreated.v1')) as { data: Record<string, object> }
    const creator = { ...data['creator'], user: alice.user, client: alice.client }
    const event = { type: 'GroupCreated', data: { ...data, group: room, creator } } as unknown as GroupEvent
    const stream = groupStream(room)
    const command = { id: derivedId(stream, 'made'), bodyHash: '', at: home.now() }
    expect(await streams.execute(groupAggregate, stream, command, () => accept(event))).not.to.have.property('rejected')
  }

  it('are others once the room went on: those of before may have been used', async () => {
    const first = packagesIn(await claim())
    await hasRoom(home.streams, roomOf(a))
    const second = packagesIn(await claim())
    expect(second).not.to.deep.equal(first)
    expect(packagesIn(await claim())).to.deep.equal(second)
  })

  it('come through the hub of the room, for whoever is in it', async () => {
    const room = roomOf(c)
    expect(await claim({ room })).to.deep.equal(reject({ code: 'no-such-user' }))
    expect(await claims()).to.deep.equal([])
    await hasRoom(rooms, room)
    const outsider = await requestOf({ by: await people.person(), room })
    expect(await ask(outsider, requesters, c)).to.equal('no-such-group')
    expect(packagesIn(await claim({ room }))).to.deep.equal((await claims()).map(({ keyPackage }) => keyPackage))
  })

  it('are refused where neither the requester nor the room is of the server that asks', async () => {
    expect(await ask(await requestOf(), hub)).to.equal('identity-mismatch')
    expect(await ask(await requestOf({ room: roomOf(c) }), hub)).to.equal('success')
  })

  it('are believed by the client’s own signature alone, whoever passes it on', async () => {
    const request = await requestOf()
    for (let at = 0; at < request.length; at += 97) {
      const changed = new Uint8Array(request)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(await ask(changed), `byte ${at}`).to.not.equal('success')
    }
    const mallory = await (await makePeople('a.example', Date.UTC(2026, 10, 25))).person(alice.user, alice.client)
    expect(await ask(await requestOf({ by: mallory }))).to.equal('identity-mismatch')
    const stranger = await (await makePeople('d.example', Date.UTC(2026, 10, 25))).person()
    expect(await ask(await requestOf({ by: stranger, room: roomOf(a) }))).to.equal('peer-unreachable')
    expect(await claims()).to.deep.equal([])
  })

  it('are none of whom the user blocked, and of whom there is not', async () => {
    const stream = contactsStream(bob.principal.user)
    const command = { id: derivedId(stream, 'block'), bodyHash: '', at: home.now() }
    await home.streams.execute(contactsAggregate, stream, command, () =>
      accept({ type: 'UserBlocked', data: { user: bob.principal.user, blocked: alice.user } }),
    )
    const nobody = makeId('user', home.domain, new Uint8Array(16).fill(9))
    for (const of of [bob.principal.user, nobody])
      expect(await claim({ of })).to.deep.equal({ userStatus: 'userUnknown', clients: [] })
  })

  it('are none of a suite that no client has, and of whoever lets contacts alone claim', async () => {
    expect(await claim({ suite: 3 })).to.deep.equal({
      userStatus: 'noCompatibleMaterial',
      clients: [{ client: bob.principal.client, keyPackage: undefined }],
    })
    await home.call('patch', '/v1/users/me', { principal: bob.principal, body: { claims: 'contacts' } })
    expect(await claim()).to.deep.equal({ userStatus: 'noConsent', clients: [] })
  })

  it('are charged to the requester’s server too, which may have as many users as it likes', async () => {
    const heard: (string | undefined)[] = []
    for (let n = 0; n < 7; n++) heard.push(await ask(await requestOf({ by: await people.person() })))
    expect(heard).to.deep.equal([...Array.from({ length: 6 }, () => 'success'), 'rate-limited'])
    expect(await ask(await requestOf({ room: roomOf(c) }), hub), 'whoever brings it').to.equal('rate-limited')
  })

  it('are charged to the requester once its signature held, and not again for the same', async () => {
    const forged = await requestOf()
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
    for (let n = 0; n < 6; n++) expect(await ask(forged)).to.equal('identity-mismatch')
    for (let n = 1; n <= 4; n++) expect(await claim({ room: roomOf(a, n) })).to.have.property('userStatus')
    expect(await claim({ room: roomOf(a, 5) })).to.have.nested.property('rejected.code', 'rate-limited')
    expect(await claim({ room: roomOf(a, 4) })).to.have.property('userStatus', 'success')
  })

  it('are not asked for where the client that asks is not the one that signed', async () => {
    const other = await people.person()
    expect(await claim({ by: other })).to.have.nested.property('rejected.code', 'identity-mismatch')
    expect(houses.flatMap(({ asked }) => asked).filter((line) => line.includes('keyMaterial'))).to.deep.equal([])
  })
})
