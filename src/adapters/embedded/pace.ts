/** Keeps synchronous reads from holding the event loop: after a few milliseconds of them, others get a turn. */
import { setImmediate } from 'node:timers/promises'

const defaultHoldMs = 3

export type Pace = {
  /** Runs `work` now and counts the time it took. */
  readonly timed: <Result>(work: () => Result) => Result
  /** Waits for a turn of the event loop when the time counted is up. */
  readonly breathe: () => Promise<void>
}

export const createPace = (holdMs = defaultHoldMs): Pace => {
  let heldMs = 0
  return {
    timed: (work) => {
      const started = performance.now()
      try {
        return work()
      } finally {
        heldMs += performance.now() - started
      }
    },
    breathe: async () => {
      if (heldMs < holdMs) return
      await setImmediate()
      heldMs = 0
    },
  }
}
