/** The machine's own time. */
import { untilWoken } from '../../ports/abort.js'
import type { Clock, Stopwatch } from '../../ports/clock.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    untilWoken(signal, (wake) => {
      const timer = setTimeout(wake, ms)
      return () => {
        clearTimeout(timer)
      }
    }),
}

/** The kernel's monotonic clock: it does not run while the machine sleeps. */
export const systemStopwatch: Stopwatch = { elapsed: () => performance.now() }
