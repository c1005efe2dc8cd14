/** A timer of our own around a call: keep-alive notices a frozen server only after 20 seconds, whatever the deadline. */
import type { Clock } from '../../../ports/clock.js'
import { StoreUnavailable } from '../../../ports/eventStore.js'

/**
 * Runs `work`; once `ms` passed throws StoreUnavailable and aborts the signal that `work` was given. Whoever holds `over`
 * ends it earlier, with the reason of the abort.
 */
export const inTime = async <Result>(
  clock: Clock,
  ms: number,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
  over = new AbortController(),
): Promise<Result> => {
  let settled = false
  const late = clock.sleep(ms, over.signal).then(() => {
    if (settled) return undefined as never
    const reason: unknown = over.signal.reason
    throw reason instanceof Error ? reason : new StoreUnavailable(`${what}: no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work(over.signal), late])
  } finally {
    settled = true
    // With a reason none is made, which costs more than the rest of this.
    over.abort('settled')
  }
}

/** Waits for what may never end, but not for longer than `ms`, whatever becomes of it. */
export const atMost = async (clock: Clock, ms: number, work: Promise<unknown>): Promise<void> => {
  await inTime(clock, ms, 'waiting', () => work).catch(() => undefined)
}
