/** How often one queue may be pushed to. Kept in memory: a start forgets it, which costs a push too many. */
import type { Rate } from '../limits/limits.js'
import type { QueueId } from '../mls/wire/ids.js'
import { keepNewest } from '../structures/newest.js'

export type Budget = {
  /** When the next push may be, ms: `now` where it may be now. */
  nextAt(queue: QueueId, now: number): number
  spend(queue: QueueId, now: number): void
}

const queuesMax = 50_000

/** `rate`: as it is at the moment. */
export const keepBudget = (rate: () => Rate | 'off'): Budget => {
  /** When the budget is whole again, ms: each push moves it on. */
  const full = keepNewest<QueueId, number>(queuesMax)
  return {
    nextAt: (queue, now) => {
      const held = rate()
      return held === 'off' ? now : Math.max(now, (full.get(queue) ?? 0) - (held.burst - 1) * held.everyMs)
    },
    spend: (queue, now) => {
      const held = rate()
      if (held !== 'off') full.set(queue, Math.max(now, full.get(queue) ?? 0) + held.everyMs)
    },
  }
}
