/**
 * Gathers live events, which the server sends one by one and each of which would wake every follower: the first goes on at
 * once, then what came within some ms of it, or as many as make a batch.
 */
import type { Clock } from '../../../ports/clock.js'
import type { Offered } from './seat.js'

/** How long an event waits for others at most, where one went on just before it. */
const gatherMs = 3
const batchEvents = 64

export type Gathering = {
  add(offered: Offered): void
  /** Hands on what is gathered without waiting for more. */
  flush(): void
}

export const createGathering = (
  clock: Clock,
  signal: AbortSignal,
  handOn: (run: readonly Offered[]) => void,
): Gathering => {
  let gathered: Offered[] = []
  let pacing = false

  const flush = (): boolean => {
    if (gathered.length === 0) return false
    const run = gathered
    gathered = []
    handOn(run)
    return true
  }

  const pace = async (): Promise<void> => {
    pacing = true
    do await clock.sleep(gatherMs, signal)
    while (flush())
    pacing = false
  }

  return {
    add: (offered) => {
      gathered.push(offered)
      if (!pacing) {
        flush()
        void pace()
      } else if (gathered.length >= batchEvents) flush()
    },
    flush,
  }
}
