/** What a server that has come back says to the others, and how a peer is noticed that answers again. */
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { greetPeers } from '#src/federation/standing/greet.js'
import type { GreetDependencies } from '#src/federation/standing/greet.js'
import type { PeerRow } from '#src/federation/outbox/peerRows.js'
import { tellSeenAgain } from '#src/federation/peers/seenAgain.js'
import type { PeerRequest } from '#src/federation/peers/client.js'
import { PeerNotFederating, PeerUnreachable } from '#src/federation/peers/peerErrors.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import { silentLogger } from '../support/silentLogger.js'

const domainOf = (n: number) => parseDomain(`p${String(n).padStart(3, '0')}.example`)!
const rows = Array.from({ length: 250 }, (_, n) => ({
  peer: domainOf(n),
  policy: n % 10 === 3 ? 'blocked' : 'byDefault',
})) as unknown as readonly PeerRow[]

const house = () => {
  const greeted: string[] = []
  const slept: number[] = []
  let [underWay, most] = [0, 0]
  const leases = openMemoryLeases({ now: () => 1_000 })
  const deps = (holder: string): GreetDependencies => ({
    view: {
      listed: ({ after = '', limit }) => Promise.resolve(rows.filter(({ peer }) => peer > after).slice(0, limit)),
    },
    speaksTo: ({ policy }) => policy !== 'blocked',
    post: async (peer, all) => {
      most = Math.max(most, ++underWay)
      await turn()
      underWay--
      greeted.push(peer)
      expect(all).to.deep.equal([])
      if (peer === domainOf(7)) throw new PeerUnreachable(peer, 'away')
    },
    leases,
    holder,
    clock: { sleep: (ms) => (slept.push(ms), Promise.resolve()) },
    logger: silentLogger,
  })
  return { greeted, slept, deps, most: () => most }
}
const never = new AbortController().signal

describe('a server that has come back', () => {
  it('says so once to everybody whom it speaks to, a few at a time, whoever is away', async () => {
    const { greeted, slept, deps, most } = house()
    await greetPeers(deps('one'), never)
    const wanted = rows.filter(({ policy }) => policy !== 'blocked').map(({ peer }) => peer)
    expect([...greeted].sort()).to.deep.equal(wanted)
    expect(most()).to.be.within(2, 8)
    expect([slept.length, slept.reduce((sum, ms) => sum + ms, 0) / 8 / wanted.length]).to.deep.equal([225, 50])
  })

  it('is one server, however many processes it starts', async () => {
    const { greeted, deps } = house()
    await Promise.all(['one', 'two', 'three'].map((holder) => greetPeers(deps(holder), never)))
    expect(greeted).to.have.length(225)
  })

  it('says no more once it ends', async () => {
    const { greeted, deps } = house()
    const ending = new AbortController()
    const { post, ...others } = deps('one')
    const ends = async (...said: Parameters<typeof post>): Promise<void> => {
      await post(...said)
      ending.abort()
    }
    await greetPeers({ ...others, post: ends }, ending.signal)
    expect(greeted).to.have.length.below(10)
  })
})

describe('a peer that answers again', () => {
  it('shows itself by that, once for each time that it was away', async () => {
    const shown: string[] = []
    let answer: () => Promise<never> = () => Promise.resolve({} as never)
    const { ask } = tellSeenAgain({ ask: () => answer() }, (peer) => shown.push(peer))
    const [a, b] = [domainOf(1), domainOf(2)]
    const tried = (peer: typeof a) => ask(peer, {} as PeerRequest).catch(() => undefined)
    const fails = (error: Error) => {
      answer = () => Promise.reject(error)
    }
    await tried(a)
    expect(shown).to.deep.equal([])
    for (const error of [new PeerUnreachable(a, 'busy', 20, true), new PeerNotFederating(a, 'no')]) {
      fails(error)
      await tried(a)
    }
    answer = () => Promise.resolve({} as never)
    await tried(a)
    expect(shown, 'it was there').to.deep.equal([])
    fails(new PeerUnreachable(a, 'nobody there'))
    for (let n = 0; n < 3; n++) await tried(a)
    answer = () => Promise.resolve({} as never)
    for (const peer of [b, a, a]) await tried(peer)
    expect(shown).to.deep.equal([a])
  })
})
