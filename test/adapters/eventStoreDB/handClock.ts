/** A clock that a test moves by hand. */
import type { Clock } from '#src/ports/clock.js'

export type HandClock = Clock & {
  /** Moves time on and wakes whoever slept until then. */
  advance(ms: number): void
  /** Resolves once someone sleeps for at least `ms` more. */
  sleeping(ms: number): Promise<void>
  /** Resolves once someone sleeps for at most `ms` more. */
  napping(ms: number): Promise<void>
}

type Sleeper = { readonly until: number; readonly wake: () => void }

export const handClock = (start = Date.now()): HandClock => {
  const sleepers = new Set<Sleeper>()
  const watchers = new Set<() => void>()
  let now = start

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        sleepers.delete(sleeper)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper: Sleeper = { until: now + ms, wake }
      if (signal.aborted) {
        resolve()
        return
      }
      signal.addEventListener('abort', wake)
      sleepers.add(sleeper)
      for (const watch of watchers) watch()
    })

  const untilSome = (isIt: (sleeper: Sleeper) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const watch = (): void => {
        if (![...sleepers].some(isIt)) return
        watchers.delete(watch)
        resolve()
      }
      watchers.add(watch)
      watch()
    })

  return {
    now: () => now,
    sleep,
    advance: (ms) => {
      now += ms
      for (const { until, wake } of sleepers) if (until <= now) wake()
    },
    sleeping: (ms) => untilSome(({ until }) => until >= now + ms),
    napping: (ms) => untilSome(({ until }) => until <= now + ms),
  }
}
