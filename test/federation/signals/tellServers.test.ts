/** Signals on their way to other servers: a short line each, one request at a time, and dropped beyond that without a word. */
import { expect } from 'chai'
import {
  newcomersPaceMs,
  paceMs,
  tellServers,
  waitingBytesMax,
  waitingMax,
} from '#src/federation/signals/tellServers.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { silentLogger } from '../../support/silentLogger.js'

const [b, c] = [parseDomain('b.example')!, parseDomain('c.example')!]

type Request = {
  readonly peer: Domain
  readonly all: readonly Uint8Array[]
  readonly answer: () => void
  readonly fail: () => void
}

/** Requests are answered, and time passes, by hand. */
const street = () => {
  const requests: Request[] = []
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = []
  const ending = new AbortController()
  let now = 1_000_000
  let isKnown = true
  const tell = tellServers({
    post: (peer, all) =>
      new Promise((resolve, reject) => {
        requests.push({
          peer,
          all,
          answer: resolve,
          fail: () => {
            reject(new Error('away'))
          },
        })
      }),
    trust: { standingOf: () => Promise.resolve({ isSpokenTo: true, isKnown, wasSeen: true }) },
    clock: {
      now: () => now,
      sleep: (ms) => new Promise((resolve) => sleeps.push({ ms, wake: resolve })),
    },
    logger: silentLogger,
    signal: ending.signal,
  })
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    requests,
    sleeps,
    ending,
    settled,
    tell: async (servers: readonly Domain[], ...texts: readonly string[]) => {
      for (const text of texts) tell(servers, Buffer.from(text))
      await settled()
    },
    tellBytes: (peer: Domain, bytes: number) => {
      tell([peer], new Uint8Array(bytes))
    },
    pass: (ms: number) => {
      now += ms
    },
    strangers: () => {
      isKnown = false
    },
    texts: () => requests.map(({ all }) => all.map((one) => Buffer.from(one).toString())),
    /** Every request is answered, and every pause over, until nothing more is asked. */
    drain: async () => {
      for (let seen = -1; seen < requests.length;) {
        seen = requests.length
        for (const { answer } of requests) answer()
        await settled()
        for (const { wake } of sleeps) wake()
        await settled()
      }
    },
    /** The newest request is answered, and the pause behind it over. */
    turn: async () => {
      requests.at(-1)?.answer()
      await settled()
      sleeps.at(-1)?.wake()
      await settled()
    },
  }
}

describe('signals to other servers', () => {
  it('go to each of them at once, and what comes meanwhile goes with the next request', async () => {
    const { tell, texts, turn, requests } = street()
    await tell([b, c], 'one')
    expect(requests.map(({ peer }) => peer)).to.deep.equal([b, c])
    await tell([c], 'two', 'three')
    expect(texts()).to.deep.equal([['one'], ['one']])
    await turn()
    expect(texts()).to.deep.equal([['one'], ['one'], ['two', 'three']])
    expect(requests.at(-1)?.peer).to.equal(c)
    await turn()
    await tell([c], 'four')
    expect(texts().at(-1)).to.deep.equal(['four'])
  })

  it('leave a pause behind each request, a long one to a server that does not know us', async () => {
    const known = street()
    await known.tell([b], 'one')
    await known.turn()
    expect(known.sleeps.map(({ ms }) => ms)).to.deep.equal([paceMs])
    const stranger = street()
    stranger.strangers()
    await stranger.tell([b], 'one')
    await stranger.turn()
    expect(stranger.sleeps.map(({ ms }) => ms)).to.deep.equal([newcomersPaceMs])
  })

  it('wait up to a number, a hundred go at once, and the rest is dropped', async () => {
    const { tell, texts, turn } = street()
    await tell([b], 'first')
    await tell([b], ...Array.from({ length: waitingMax + 50 }, (_, n) => String(n)))
    await turn()
    await turn()
    await turn()
    expect(texts().map((all) => all.length)).to.deep.equal([1, 100, 100])
    expect(texts()[2]?.at(-1)).to.equal(String(waitingMax - 1))
  })

  it('take so many bytes for all servers together, and give them back', async () => {
    const { tell, tellBytes, requests, texts, drain } = street()
    const large = Math.floor(waitingBytesMax / 100)
    await tell([b, c], 'under way')
    for (let n = 0; n < 120; n++) tellBytes(n % 2 === 0 ? b : c, large)
    await drain()
    const sizes = requests.slice(2).flatMap(({ all }) => all.map(({ length }) => length))
    expect(sizes).to.deep.equal(Array.from({ length: 100 }, () => large))
    await tell([c], 'later')
    expect(texts().at(-1)).to.deep.equal(['later'])
  })

  it('of a server that is away are dropped, and it is left alone for ever longer, until it takes one', async () => {
    const { tell, texts, requests, settled, pass, turn } = street()
    const fail = async () => {
      requests.at(-1)?.fail()
      await settled()
    }
    await tell([b], 'one')
    await tell([b], 'lost with it')
    await fail()
    await tell([b], 'too soon')
    expect(texts()).to.deep.equal([['one']])
    pass(1_000)
    await tell([b], 'two')
    expect(texts()).to.deep.equal([['one'], ['two']])
    await fail()
    pass(1_000)
    await tell([b], 'still too soon')
    expect(texts()).to.have.length(2)
    await tell([c], 'to another')
    expect(texts().at(-1)).to.deep.equal(['to another'])
    pass(1_000)
    await tell([b], 'three')
    await turn()
    await tell([b], 'four')
    expect(texts().slice(-2)).to.deep.equal([['three'], ['four']])
    await fail()
    pass(1_000)
    await tell([b], 'five')
    expect(texts().at(-1)).to.deep.equal(['five'])
  })

  it('end with the server', async () => {
    const { tell, texts, ending, turn } = street()
    await tell([b], 'one')
    await tell([b], 'two')
    ending.abort()
    await turn()
    await tell([b], 'three')
    expect(texts()).to.deep.equal([['one']])
  })
})
