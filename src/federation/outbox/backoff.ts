/** When a peer that does not answer is tried again: ever later, with jitter, and after a week not before somebody says so. */
import type { Clock } from '../../ports/clock.js'
import type { Random } from '../../ports/random.js'

export type Failing = {
  /** Tries that failed one after another. */
  readonly failures: number
  /** When the first of them failed, ms. */
  readonly since: number
  /** When the last of them failed, ms. */
  readonly at: number
  /** Not before, ms. */
  readonly nextAt: number
}

const firstPauseMs = 1_000
const pauseMsMax = 60 * 60 * 1_000
const pausedAfterMs = 7 * 24 * 60 * 60 * 1_000

/** `jitter`: 0 to 1. Half of a pause is sure, the other half by chance, so that not all peers come back together. */
export const failedAgain = (before: Failing | undefined, now: number, jitter: number): Failing => {
  const failures = (before?.failures ?? 0) + 1
  const pause = Math.min(pauseMsMax, firstPauseMs * 2 ** Math.min(failures - 1, 12))
  return { failures, since: before?.since ?? now, at: now, nextAt: now + pause / 2 + (pause / 2) * jitter }
}

/** The same, from now on and by chance. */
export const backingOff =
  ({ clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Random }) =>
  (before: Failing | undefined): Failing =>
    failedAgain(before, clock.now(), (random.bytes(1)[0] ?? 0) / 256)

/** Whether it is not tried now. A clock that leapt back behind the last try makes no pause longer. */
export const isPaused = (failing: Failing | undefined, now: number): boolean =>
  failing !== undefined && failing.at <= now && now < failing.nextAt

/** How often a process tried itself before it believes what was so before it began. */
const triesMin = 12

/** `movedAt`: when it last got on, ms: whoever starts anew does not begin a week of waiting anew. */
export const isOver = ({ failures, since }: Failing, movedAt: number, now: number): boolean =>
  now - since >= pausedAfterMs || (now - movedAt >= pausedAfterMs && failures >= triesMin)
