/** Under which roots members of other domains are believed. */
import { expect } from 'chai'
import { foreignRoots } from '#src/federation/peers/roots.js'
import { recordPolicy } from '#src/federation/record/policy.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { reject } from '#src/streams/rejection.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const [a, b, c] = ['a.example', 'b.example', 'c.example'].map(nameOf) as [Domain, Domain, Domain]

describe('roots of other domains', () => {
  const houses: PeerHouse[] = []
  let map: Map<Domain, string>
  const open = async (domain: Domain, options = {}): Promise<PeerHouse> => {
    const house = await openPeerHouse(domain, map, options)
    houses.push(house)
    return house
  }
  beforeEach(() => {
    map = new Map()
  })
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.close()
  })
  const policyOf = (house: PeerHouse) =>
    recordPolicy({
      domain: house.domain,
      ownRoots: () => [house.keys.rootCertificate],
      roots: foreignRoots(house),
      clock: house.clock,
    })

  it('are pinned when a domain is met, which it is once', async () => {
    const [here, there] = [await open(a), await open(b)]
    const roots = foreignRoots(here)
    expect(await roots.pinned(b)).to.deep.equal([])
    expect(await roots.admit([b])).to.equal(undefined)
    expect(await roots.pinned(b)).to.deep.equal([there.keys.rootCertificate])
    expect((await here.facts(b)).map(({ type }) => type)).to.deep.equal(['PeerSeen'])
    expect(await roots.meet(b)).to.equal(undefined)
    expect(there.asked).to.have.length(1)
  })

  it('stay what they were where a domain comes with another', async () => {
    const [here, there, other] = [await open(a), await open(b), await open(c)]
    const roots = foreignRoots(here)
    await roots.meet(b)
    there.own.directory = { ...there.own.directory, root: toBase64url(other.keys.rootCertificate) }
    here.clock.at += 86_400_000
    expect(await roots.admit([b])).to.equal(undefined)
    expect(await roots.pinned(b)).to.deep.equal([there.keys.rootCertificate])
  })

  it('of who is not spoken to are not asked for to let somebody in, and are to verify who is in', async () => {
    const here = await open(a, { policy: { byDefault: 'allow', named: new Set([c]) } })
    const there = await open(b)
    const roots = foreignRoots(here)
    expect(await roots.admit([b])).to.deep.equal(reject({ code: 'not-allowed', capability: 'federate' }))
    expect([await roots.pinned(b), there.asked]).to.deep.equal([[], []])
    await policyOf(here)([b])
    expect(await roots.pinned(b)).to.have.length(1)
  })

  it('of who cannot be asked now are a reason to come again', async () => {
    const [here, there] = [await open(a), await open(b)]
    await there.close()
    houses.pop()
    expect(await foreignRoots(here).admit([b])).to.deep.equal(reject({ code: 'peer-unreachable', domains: [b] }))
    const refused = await policyOf(here)([b]).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(StoreUnavailable)
  })

  it('are learned by eight at most for one item, and those are known to the next', async () => {
    const here = await open(a)
    const domains: Domain[] = []
    for (let n = 0; n < 10; n++) domains.push((await open(nameOf(`d${n}.example`))).domain)
    const policy = policyOf(here)
    expect(await policy(domains).catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailable)
    expect(await policy(domains)).to.have.property('lifetimes', 'judgedBefore')
  })

  it('of servers that are none are given up for a while, so that they take nobody’s turn, and nobody waits for another', async () => {
    const here = await open(a)
    const none: Domain[] = []
    for (let n = 0; n < 9; n++) {
      const house = await open(nameOf(`n${n}.example`))
      house.own.directory = { ...house.own.directory, domain: nameOf('elsewhere.example') }
      none.push(house.domain)
    }
    const there = await open(b)
    const policy = policyOf(here)
    const domains = [...none, b]
    const refused = await policy(domains).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(StoreUnavailable)
    expect(await policy(domains)).to.have.property('lifetimes', 'judgedBefore')
    expect(await foreignRoots(here).pinned(b)).to.deep.equal([there.keys.rootCertificate])
    const asked = houses.map((house) => house.asked.length)
    await policy(domains)
    expect(houses.map((house) => house.asked.length)).to.deep.equal(asked)
    // Some day one of them may be one.
    here.clock.at += 11 * 60_000
    houses[1]!.own.directory = { ...houses[1]!.own.directory, domain: none[0]! }
    here.clock.at += 24 * 3_600_000
    await policy([none[0]!])
    expect(await foreignRoots(here).pinned(none[0]!)).to.have.length(1)
  })

  it('are asked for side by side: one that is away keeps nobody from being met', async () => {
    const [here, there] = [await open(a), await open(b)]
    map.set(c, 'http://127.0.0.1:1')
    expect(await policyOf(here)([c, b]).catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailable)
    expect(await foreignRoots(here).pinned(b)).to.deep.equal([there.keys.rootCertificate])
  })
})
