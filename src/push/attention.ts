/** Lets one loop wait until something is to be done, or some time has passed; what comes while it works is not missed. */
import { untilWoken } from '../ports/abort.js'
import type { Clock } from '../ports/clock.js'

export type Attention = {
  readonly call: () => void
  /** Resolves once called since the last time, after `ms`, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export const newAttention = (clock: Pick<Clock, 'sleep'>): Attention => {
  let called = false
  let wake = ignore
  return {
    call: () => {
      called = true
      wake()
    },
    wait: async (ms, signal) => {
      if (!called)
        await untilWoken(signal, (woken) => {
          const over = new AbortController()
          wake = woken
          void clock.sleep(ms, over.signal).then(woken)
          return () => {
            wake = ignore
            over.abort()
          }
        })
      called = false
    },
  }
}

const ignore = (): void => undefined
