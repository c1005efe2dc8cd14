/** One worker at a time, and none after the end. */
import { expect } from 'chai'
import { once } from 'node:events'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { Leases } from '#src/ports/leases.js'
import { leased } from '#src/projections/leased.js'
import { handClock } from '../adapters/eventStoreDB/handClock.js'
import { silentLogger } from '../support/silentLogger.js'

const untilAborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort')
}

describe('work under a lease', () => {
  const world = (leases: Leases, holder: string) => ({ leases, holder, clock: systemClock, logger: silentLogger })

  it('is done by one holder, and by the next when that one ends', async () => {
    const leases = openMemoryLeases({ now: Date.now })
    const [first, second] = [new AbortController(), new AbortController()]
    const working: string[] = []
    const work =
      (who: string) =>
      async (signal: AbortSignal): Promise<void> => {
        working.push(who)
        await untilAborted(signal)
      }
    const one = leased('work', world(leases, 'one'), work('one'), first.signal)
    await new Promise((resolve) => setImmediate(resolve))
    const two = leased('work', world(leases, 'two'), work('two'), second.signal)
    await new Promise((resolve) => setImmediate(resolve))
    expect(working).to.deep.equal(['one'])
    first.abort()
    await one
    while (working.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    second.abort()
    await two
    expect(working).to.deep.equal(['one', 'two'])
  })

  it('leaves the lease to the next at its end, not only when it would run out', async () => {
    const clock = handClock()
    const leases = openMemoryLeases({ now: () => clock.now() })
    const stop = new AbortController()
    const working = leased('work', { ...world(leases, 'one'), clock }, untilAborted, stop.signal)
    await clock.sleeping(1)
    expect(await leases.take('work', 'two', 10_000)).to.equal(false)
    stop.abort()
    await working
    expect(await leases.take('work', 'two', 10_000)).to.equal(true)
  })

  it('ends before the lease does that cannot be renewed, and begins again with the next one', async () => {
    const clock = handClock()
    const held = openMemoryLeases({ now: () => clock.now() })
    let away = false
    const leases: Leases = {
      ...held,
      take: (...asked) => (away ? Promise.reject(new Error('the store is away')) : held.take(...asked)),
    }
    const stop = new AbortController()
    const terms: AbortSignal[] = []
    const work = async (signal: AbortSignal): Promise<void> => {
      terms.push(signal)
      await untilAborted(signal)
    }
    const working = leased('work', { ...world(leases, 'one'), clock }, work, stop.signal)
    const pass = async (ms: number): Promise<void> => {
      await clock.sleeping(1)
      clock.advance(ms)
      for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
    }
    await pass(2_500)
    away = true
    await pass(2_500)
    expect(terms.map(({ aborted }) => aborted)).to.deep.equal([false])
    await pass(2_500)
    await pass(2_500)
    // The lease was renewed 7.5 s ago and lasts 10 s.
    expect(terms.map(({ aborted }) => aborted)).to.deep.equal([true])
    away = false
    await pass(2_500)
    expect(terms.map(({ aborted }) => aborted)).to.deep.equal([true, false])
    stop.abort()
    await working
  })

  it('is not begun by a lease that was still being taken at the end', async () => {
    const stop = new AbortController()
    const leases: Leases = {
      ...openMemoryLeases({ now: Date.now }),
      take: () => {
        stop.abort()
        return Promise.resolve(true)
      },
    }
    let begun = false
    await leased('work', world(leases, 'one'), () => Promise.resolve(void (begun = true)), stop.signal)
    expect(begun).to.equal(false)
  })
})
