/** Sleep on the system's clock ends early for who is told to stop, before or while it sleeps. */
import { systemClock } from '#src/adapters/system/clock.js'

describe('sleep', () => {
  it('ends when it is aborted', async () => {
    const stop = new AbortController()
    const asleep = systemClock.sleep(2 ** 30, stop.signal)
    stop.abort()
    await asleep
  })

  it('does not begin where the abort has already happened', () => systemClock.sleep(2 ** 30, AbortSignal.abort()))
})
