/** What servers that are not known yet are counted by. */
import { expect } from 'chai'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { countersOf, itemsCost, newcomersPay, takeAll } from '#src/federation/inbound/counters.js'
import { rateDefaults } from '#src/limits/limits.js'
import { handClock, nameOf } from './peerHouse.js'

describe('a server that is not known', () => {
  it('is counted by the name that somebody registered, and by its network', () => {
    const of = (name: string, address?: string) => countersOf(nameOf(name), address)
    expect(of('chat.example.org', '198.51.100.7')).to.deep.equal({
      registrable: 'example.org',
      network: '198.51.100.0/24',
    })
    expect(of('a.b.example.co.uk:8443', '2001:db8::/64')).to.deep.equal({
      registrable: 'example.co.uk',
      network: '2001:db8::/64',
    })
    expect(of('one.github.io').registrable).to.equal('one.github.io')
    expect(of('localhost').registrable).to.equal('localhost')
    expect(of('127.0.0.1:9002').registrable).to.equal('127.0.0.1')
  })

  it('may claim and begin groups as little as all that look like it together', () => {
    const limiter = makeRateLimiter(rateDefaults, handClock(0))
    const peer = (name: string, address: string, isKnown = false) => ({
      isKnown,
      counters: countersOf(nameOf(name), address),
    })
    const pays =
      (...of: Parameters<typeof peer>) =>
      (what: 'claimsPerNewPeer' | 'groupsPerNewPeer') =>
        takeAll(limiter, newcomersPay(what, peer(...of))) === undefined
    const taken = (what: 'claimsPerNewPeer' | 'groupsPerNewPeer', times: number) =>
      Array.from({ length: times }, (_, n) => pays(`n${n}.example.org`, `198.51.${n}.1`)(what)).filter(Boolean).length
    expect([taken('claimsPerNewPeer', 25), taken('groupsPerNewPeer', 25)]).to.deep.equal([20, 10])
    expect(pays('else.net', '198.51.100.9')('groupsPerNewPeer')).to.equal(true)
    expect(pays('n1.example.org', '192.0.2.1', true)('groupsPerNewPeer')).to.equal(true)
  })

  it('sends as many bytes of items in a day as all that look like it together, and one that is known as many as it may alone', () => {
    const limiter = makeRateLimiter(rateDefaults, handClock(0))
    const MiB = 1024 * 1024
    const sends = (name: string, isKnown: boolean, bytes: number) => {
      const domain = nameOf(name)
      const principal = { domain, isKnown, counters: countersOf(domain, '198.51.100.7') }
      return takeAll(limiter, itemsCost(principal, bytes)) === undefined
    }
    expect([sends('n1.example.org', false, 200 * MiB), sends('n2.example.org', false, 57 * MiB)]).to.deep.equal([
      true,
      false,
    ])
    expect([sends('n3.example.net', false, 57 * MiB), sends('n2.example.org', false, 56 * MiB)]).to.deep.equal([
      false,
      true,
    ])
    expect([sends('k1.example.org', true, 4_096 * MiB), sends('k1.example.org', true, MiB)]).to.deep.equal([
      true,
      false,
    ])
    expect(sends('k2.example.org', true, 4_096 * MiB)).to.equal(true)
  })
})
