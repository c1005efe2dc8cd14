/** The machine's own time. */
import type { Clock, Stopwatch } from '../../ports/clock.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
    }),
}

/** The kernel's monotonic clock: it does not run while the machine sleeps. */
export const systemStopwatch: Stopwatch = { elapsed: () => performance.now() }
