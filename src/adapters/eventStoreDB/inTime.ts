/** A timer of our own around a call: keep-alive notices a frozen server only after 20 seconds, whatever the deadline. */
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'

/** Runs `work`; once `ms` passed throws StoreUnavailable and aborts the signal that `work` was given. */
export const inTime = async <Result>(
  clock: Clock,
  ms: number,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const over = new AbortController()
  const late = clock.sleep(ms, over.signal).then(() => {
    throw new StoreUnavailable(`${what}: no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work(over.signal), late])
  } finally {
    over.abort()
  }
}
