/** One worker at a time, and none after the end. */
import { expect } from 'chai'
import { once } from 'node:events'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { Leases } from '#src/ports/leases.js'
import { leased } from '#src/projections/leased.js'
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
