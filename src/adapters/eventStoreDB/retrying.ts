/** Tries again what found the store unavailable, within a limit, and not at all while the store has been away for long. */
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { Refused } from './refused.js'
import { pauseAfter, type Timeouts } from './timeouts.js'

export type Retrying = {
  /** Runs `attempt` until it succeeds, fails otherwise than with StoreUnavailable, or `totalMs` have passed. */
  within<Result>(attempt: (failures: number) => Promise<Result>): Promise<Result>
  /** Runs it until it succeeds or `signal` aborts; undefined then. For loops that no caller waits for. */
  forEver<Result>(signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result | undefined>
}

export const createRetrying = (clock: Clock, { totalMs }: Timeouts, closing: AbortSignal): Retrying => {
  /** Since when nothing has succeeded: waiting once more for a store that is away would only pile up callers. */
  let failingSince: number | undefined

  const watched = async <Result>(attempt: () => Promise<Result>): Promise<Result> => {
    try {
      const result = await attempt()
      failingSince = undefined
      return result
    } catch (error) {
      if (error instanceof StoreUnavailable) failingSince ??= clock.now()
      else failingSince = undefined
      throw error
    }
  }

  const within: Retrying['within'] = async (attempt) => {
    const started = clock.now()
    for (let failures = 0; ;) {
      try {
        return await watched(() => attempt(failures))
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || error instanceof Refused || closing.aborted) throw error
        failures++
        const pause = pauseAfter(failures)
        const since = Math.min(failingSince ?? started, started)
        if (clock.now() + pause - since > totalMs) throw error
        await clock.sleep(pause, closing)
      }
    }
  }

  const forEver: Retrying['forEver'] = async (signal, attempt) => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await watched(attempt)
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        await clock.sleep(pauseAfter(failures), signal)
      }
    }
    return undefined
  }

  return { within, forEver }
}
