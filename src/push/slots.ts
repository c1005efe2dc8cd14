/** How many pushes are under way: whoever is slow to answer gives its place to the next, and is waited for beside it. */
import { untilWoken } from '../ports/abort.js'
import type { Clock } from '../ports/clock.js'

export type Slots = {
  /** Resolves once there is a place, with the work begun; false when the signal aborted first. The work is to throw nothing. */
  begin(work: () => Promise<void>, signal: AbortSignal): Promise<boolean>
  underWay(): number
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

export type SlotsOptions = {
  /** At once among those that have not been slow. */
  readonly quickMax: number
  /** At once of all. */
  readonly allMax: number
  /** After so long one is slow. */
  readonly slowAfterMs: number
}

export const openSlots = ({ quickMax, allMax, slowAfterMs }: SlotsOptions, clock: Pick<Clock, 'sleep'>): Slots => {
  const running = new Set<Promise<void>>()
  let quick = 0
  let changed = ignore
  const isFull = (): boolean => quick >= quickMax || running.size >= allMax

  const start = (work: () => Promise<void>): void => {
    quick++
    const over = new AbortController()
    const done = work().finally(() => {
      running.delete(done)
      over.abort()
      changed()
    })
    running.add(done)
    void clock.sleep(slowAfterMs, over.signal).then(() => {
      quick--
      changed()
    })
  }

  const room = async (signal: AbortSignal): Promise<void> => {
    while (isFull() && !signal.aborted) await untilWoken(signal, listen)
  }

  const listen = (wake: () => void): (() => void) => {
    changed = wake
    return () => {
      changed = ignore
    }
  }

  return {
    begin: async (work, signal) => {
      await room(signal)
      if (signal.aborted) return false
      start(work)
      return true
    },
    underWay: () => running.size,
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

const ignore = (): void => undefined
