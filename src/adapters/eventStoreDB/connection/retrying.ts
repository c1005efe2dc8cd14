/** Tries again what found the store unavailable, within a limit; what was refused at once is not tried again. */
import type { Clock } from '../../../ports/clock.js'
import { StoreUnavailable } from '../../../ports/eventStore.js'
import { Refused } from './refused.js'
import { pauseAfter, type Timeouts } from './timeouts.js'

export type Retrying = {
  /** Runs `attempt` until it succeeds, fails otherwise than with StoreUnavailable, is refused, or `totalMs` have passed. */
  within<Result>(attempt: (failures: number) => Promise<Result>): Promise<Result>
  /** Runs it until it succeeds or `signal` aborts; undefined then. For loops that no caller waits for. */
  forEver<Result>(signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result | undefined>
}

export const createRetrying = (clock: Clock, { totalMs }: Timeouts, closing: AbortSignal): Retrying => {
  const within: Retrying['within'] = async (attempt) => {
    const started = clock.now()
    for (let failures = 0; ;) {
      try {
        return await attempt(failures)
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || error instanceof Refused || closing.aborted) throw error
        failures++
        const pause = pauseAfter(failures)
        if (clock.now() + pause - started > totalMs) throw error
        await clock.sleep(pause, closing)
      }
    }
  }

  const forEver: Retrying['forEver'] = async (signal, attempt) => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        await clock.sleep(pauseAfter(failures), signal)
      }
    }
    return undefined
  }

  return { within, forEver }
}
