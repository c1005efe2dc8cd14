/** Token buckets by name and key, in memory and bounded: what was asked too fast hears when to come back. */
import type { Clock } from '../../ports/clock.js'
import type { RateName, Rates } from '../../limits/limits.js'
import { keepNewest } from '../../structures/newest.js'

type Bucket = { readonly tokens: number; readonly at: number }

/** Buckets remembered; the least recently used is forgotten first (it is full again by then, or nearly). */
const bucketsMax = 200_000

export type RateLimiter = {
  /** Takes one token; undefined when there was one, else the seconds to wait. */
  readonly take: (rate: RateName, key: string) => number | undefined
  /** Asks without taking: for counting failures only. */
  readonly blocked: (rate: RateName, key: string) => number | undefined
}

export const makeRateLimiter = (rates: Rates, clock: Clock): RateLimiter => {
  const buckets = keepNewest<string, Bucket>(bucketsMax)

  const wait = (rate: RateName, key: string, take: boolean): number | undefined => {
    const limit = rates[rate]
    if (limit === 'off') return undefined
    const name = `${rate} ${key}`
    const now = clock.now()
    const known = buckets.get(name) ?? { tokens: limit.burst, at: now }
    const tokens = Math.min(limit.burst, known.tokens + Math.max(0, now - known.at) / limit.everyMs)
    if (tokens < 1) return Math.max(1, Math.ceil(((1 - tokens) * limit.everyMs) / 1000))
    if (!take) return undefined
    buckets.set(name, { tokens: tokens - 1, at: now })
    return undefined
  }

  return { take: (rate, key) => wait(rate, key, true), blocked: (rate, key) => wait(rate, key, false) }
}
