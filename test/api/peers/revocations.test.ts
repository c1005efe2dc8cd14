/** What another server revoked, signed by it, over signed HTTP: asked for, verified, and kept while that server is away. */
import { expect } from 'chai'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { knowAway } from '#src/federation/forwarding/away.js'
import { revocationsElsewhere } from '#src/federation/forwarding/revocationsElsewhere.js'
import { revocationsRoute, revocationsTemplate } from '#src/federation/inbound/revocations.js'
import { foreignRoots } from '#src/federation/peers/roots.js'
import { askRevocations, revocationsExtension } from '#src/federation/peers/revocations.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { Authority } from '#src/ports/authority.js'
import type { OtherServers } from '#src/ports/peers.js'
import { parseCertificate } from '#src/mls/x509/certificate.js'
import { chainOf } from '#src/api/accounts/vouching.js'
import { ownRevocations } from '#src/api/accounts/ownRevocations.js'
import { openIdentityHouse } from '../identityHouse.js'
import type { IdentityHouse, Person } from '../identityHouse.js'
import { handClock, nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const b = nameOf('b.example')

describe('what another server revoked', () => {
  let home: IdentityHouse
  let alice: Person
  let houses: readonly PeerHouse[] = []
  let [target, asking]: PeerHouse[] = []
  let revocationsOf: OtherServers['revocationsOf']

  const openHouses = async (authority: Pick<Authority, 'domain' | 'sign'> = home.authority): Promise<void> => {
    const map = new Map<Domain, string>()
    const clock = handClock(home.now())
    const options = { clock, policy: { byDefault: 'open' as const, named: new Set([b, home.domain]) } }
    const { directory, logId } = home
    const heldCursor = heldCursors({ logId, head: () => home.events.head() })
    target = await openPeerHouse(home.domain, map, {
      ...options,
      routes: [
        revocationsRoute({
          pageAt: (cursor) => ownRevocations({ directory, authority, heldCursor, logId, clock }, cursor),
        }),
      ],
    })
    target.own.directory = {
      ...target.own.directory,
      root: toBase64url(home.authority.root),
      extensionPaths: { [revocationsExtension]: revocationsTemplate },
    }
    asking = await openPeerHouse(b, map, options)
    houses = [target, asking]
    const roots = foreignRoots(asking)
    revocationsOf = revocationsElsewhere({ peers: asking.peers, away: knowAway(clock), roots, clock })
  }

  beforeEach(async () => {
    home = await openIdentityHouse()
    alice = await home.registerUser('alice')
    await openHouses()
  })
  afterEach(async () => {
    await home.close()
    for (const house of houses) await house.close()
  })

  const listed = async (): Promise<readonly string[]> => {
    const list = await revocationsOf({ domain: home.domain, cursor: '' })
    if (list === undefined || list === 'expired') throw new Error(String(list))
    return list.revoked.map(({ serial }) => serial)
  }
  /** Another client of Alice's, that is gone; its serial number. */
  const removed = async (): Promise<string> => {
    const phone = await home.addClient(alice)
    const facts = await home.facts()
    const [key] = facts.flatMap((event) =>
      event.type === 'ClientAdded' && event.data.client === phone.principal.client ? [event.data.key] : [],
    )
    const { client } = phone.principal
    await home.call('delete', '/v1/clients/{client}', { principal: alice.principal, params: { client } })
    await home.settled()
    const [certificate = ''] = chainOf(key!)
    return parseCertificate(new Uint8Array(Buffer.from(certificate, 'base64url'))).serial
  }

  it('is told, and nothing of it where it revoked nothing', async () => {
    expect(await listed()).to.deep.equal([])
    const serial = await removed()
    asking!.clock.at += 5_001
    expect((await listed()).map((one) => one.toLowerCase())).to.deep.equal([serial.toLowerCase()])
  })

  it('is told a day long while it is away, as it was', async () => {
    const serial = await removed()
    await listed()
    await target!.close()
    houses = [asking!]
    asking!.clock.at += 60_000
    expect((await listed()).map((one) => one.toLowerCase())).to.deep.equal([serial.toLowerCase()])
    asking!.clock.at += 86_400_000
    expect(await listed().catch((error: unknown) => error)).to.have.property('name', 'PeerAway')
  })

  it('is believed under its pinned root alone', async () => {
    const { domain } = home
    const { authority: another } = await (async () => {
      const other = await openIdentityHouse()
      await other.close()
      return other
    })()
    for (const house of houses) await house.close()
    await openHouses({ domain, sign: (content) => another.sign(content) })
    expect(await listed().catch((error: unknown) => error)).to.have.property('name', 'PeerAway')
  })

  it('is of one log: the cursor of another is none', async () => {
    const expired = await askRevocations(asking!.peers, { domain: home.domain, cursor: 'aa.another.1' })
    expect(expired).to.equal('expired')
  })

  it('is nothing that can be had of a server without such a list', async () => {
    target!.own.directory = { ...target!.own.directory, extensionPaths: {} }
    expect(await revocationsOf({ domain: home.domain, cursor: '' })).to.equal(undefined)
  })
})
