/** How to end what has begun: the last one first, each within its time, whatever becomes of the others. */
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'

export type Endings = {
  /** `name` is for the log, where the ending fails or takes longer than `msMax`. */
  readonly add: (name: string, end: () => Promise<unknown>, msMax?: number) => void
  /** Ends what was added since the last time. Never throws. */
  readonly unwind: () => Promise<void>
}

/** Longer than requests under way are waited for, and shorter than what supervisors wait for (Docker: 10 s). */
const endMsMax = 8_000

/** What is not let go in time ends with the process: everything acknowledged is on disk by then. */
export const makeEndings = ({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Endings => {
  const endings: { readonly name: string; readonly end: () => Promise<unknown>; readonly msMax: number }[] = []
  return {
    add: (name, end, msMax = endMsMax) => {
      endings.push({ name, end, msMax })
    },
    unwind: async () => {
      for (const { name, end, msMax } of endings.splice(0).reverse()) {
        const failure = await failureOf(end, clock, msMax)
        if (failure !== undefined) logger.warn('not ended in order', { name, reason: failure })
      }
    },
  }
}

/** Undefined when it ended in time. The timer also keeps the process from ending while a promise is all that is left. */
export const failureOf = async (
  end: () => Promise<unknown>,
  clock: Clock,
  msMax = endMsMax,
): Promise<string | undefined> => {
  const ended = new AbortController()
  const late = clock.sleep(msMax, ended.signal).then(() => `not within ${msMax / 1000} s`)
  try {
    return await Promise.race([end().then(() => undefined), late])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    ended.abort()
  }
}
