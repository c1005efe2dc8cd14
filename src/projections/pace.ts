/** The pace of a read model whose log brings events one by one: those that come shortly after a batch wait for each other, unless somebody waits for them. */
import { onAbort } from '../ports/abort.js'
import type { Clock } from '../ports/clock.js'

export type Pace = {
  /** Between two batches: returns once `paceMs` have passed since `since`, somebody is in a hurry, or `signal` aborts. */
  rest(since: number, signal: AbortSignal): Promise<void>
  /** While `work` waits for what is applied, nobody rests. */
  hurry<Result>(work: () => Promise<Result>): Promise<Result>
}

export const makePace = (clock: Clock, paceMs: number): Pace => {
  let inHurry = 0
  let wake = (): void => undefined

  const rest: Pace['rest'] = async (since, signal) => {
    const left = paceMs - (clock.now() - since)
    if (left <= 0 || inHurry > 0) return
    const over = new AbortController()
    wake = () => {
      over.abort('woken')
    }
    const unlisten = onAbort(signal, wake)
    await clock.sleep(left, over.signal)
    unlisten()
  }

  return {
    rest,
    hurry: async (work) => {
      inHurry++
      wake()
      try {
        return await work()
      } finally {
        inHurry--
      }
    },
  }
}
