/** Waits for what another server sends: it is looked for until it is there, or it took too long. */
import type { Clock } from '../../ports/clock.js'

export type Until = <T>(look: () => Promise<T | undefined>) => Promise<T | undefined>

const firstPauseMs = 10
const pauseMsMax = 100

/** What was asked for is on its way for so long at most, ms. */
export const onItsWayMsMax = 2_000

/** Looks at once, and again in growing pauses; undefined when `ms` passed first. Another process may have recorded it, so nobody tells. */
export const untilWithin =
  (clock: Clock, ms = onItsWayMsMax): Until =>
  async (look) => {
    const deadline = clock.now() + ms
    const never = new AbortController().signal
    for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, pauseMsMax)) {
      const found = await look()
      if (found !== undefined || clock.now() >= deadline) return found
      await clock.sleep(Math.min(pause, deadline - clock.now()), never)
    }
  }
