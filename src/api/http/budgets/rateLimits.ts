/** Token buckets by name and key, in memory and bounded: what was asked too fast hears when to come back. */
import type { Clock } from '../../../ports/clock.js'
import type { Rate, RateName, Rates } from '../../../limits/limits.js'
import { keepNewest } from '../../../structures/newest.js'

type Bucket = { readonly tokens: number; readonly at: number }

/** What something costs: so many tokens (1) of a bucket. */
export type Charge = {
  readonly rate: RateName
  readonly key: string
  readonly cost?: number
  /** Counted once a second under this name, however often it is asked for. */
  readonly once?: string
}

/** How a bucket stands once it was asked. */
export type Standing = { readonly name: RateName; readonly rate: Rate; readonly left: number }
/** `retryAfter` in seconds where nothing was taken. */
export type Charged = { readonly retryAfter: number | undefined; readonly standings: readonly Standing[] }
/** Of a command: whether it was paid for as a repeat. */
export type ChargedCommand = Charged & { readonly isRepeat: boolean }

/** Of a command that is done already, by whoever asks for it again. */
export const costOfRepeat = (who: string): readonly Charge[] => [{ rate: 'repeatsPerClient', key: who }]

export type RateLimiter = {
  /** Takes all of it or, where one bucket has too little, nothing. What is more than a whole bucket waits for a full one. */
  readonly charge: (charges: readonly Charge[]) => Charged
  /** The same of a command; one that is known and done already pays as a repeat, by `who`, and nothing else. */
  readonly chargeCommand: (command: string, who: string, charges: readonly Charge[]) => ChargedCommand
  /** A command is done: it is known by this name from now on, for as long as there is room. */
  readonly done: (command: string) => void
  /** Takes one token; undefined when there was one, else the seconds to wait. */
  readonly take: (rate: RateName, key: string) => number | undefined
  /** Asks without taking: for counting failures only. */
  readonly blocked: (rate: RateName, key: string) => number | undefined
  /** Takes what is known only afterwards; the next who asks waits until it is made up for. */
  readonly owe: (charges: readonly Charge[]) => void
  /** Puts back what was taken for what turned out to cost nothing; a bucket holds no more than its burst. */
  readonly giveBack: (charges: readonly Charge[]) => void
}

/** Buckets remembered; the least recently used is forgotten first (it is full again by then, or nearly). */
const bucketsMax = 200_000
/** Commands remembered; what is forgotten pays as a new command and gets its first answer all the same. */
const commandsMax = 50_000
const onceMs = 1_000

export const makeRateLimiter = (rates: Rates, clock: Clock): RateLimiter => {
  const buckets = keepNewest<string, Bucket>(bucketsMax)
  const known = keepNewest<string, true>(commandsMax)
  const counted = keepNewest<string, number>(bucketsMax)

  const tokensOf = (name: string, { burst, everyMs }: Rate, now: number): number => {
    const bucket = buckets.get(name)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) / everyMs)
  }

  const countsNow = ({ once }: Charge, now: number): boolean => {
    const last = once === undefined ? undefined : counted.get(once)
    return last === undefined || Math.abs(now - last) >= onceMs
  }

  const ask = (charges: readonly Charge[], take: boolean): Charged => {
    const now = clock.now()
    const asked = charges.flatMap((charge) => {
      const rate = rates[charge.rate]
      if (rate === 'off' || !countsNow(charge, now)) return []
      const bucket = `${charge.rate} ${charge.key}`
      return [{ ...charge, cost: charge.cost ?? 1, limit: rate, bucket, tokens: tokensOf(bucket, rate, now) }]
    })
    const waits = asked.map(({ cost, limit, tokens }) => (Math.min(cost, limit.burst) - tokens) * limit.everyMs)
    // Whole milliseconds: fractions of tokens do not add up to exactly one.
    const waitMs = Math.max(0, ...waits.map(Math.round))
    const taken = take && waitMs === 0
    for (const { bucket, tokens, cost, once } of taken ? asked : []) {
      buckets.set(bucket, { tokens: tokens - cost, at: now })
      if (once !== undefined) counted.set(once, now)
    }
    const standings = asked.map(({ rate, limit, tokens, cost }) => ({
      name: rate,
      rate: limit,
      left: taken ? tokens - cost : tokens,
    }))
    return { retryAfter: waitMs === 0 ? undefined : Math.max(1, Math.ceil(waitMs / 1_000)), standings }
  }

  const move = (charges: readonly Charge[], direction: 1 | -1): void => {
    const now = clock.now()
    for (const { rate: name, key, cost = 1 } of charges) {
      const rate = rates[name]
      if (rate === 'off') continue
      const bucket = `${name} ${key}`
      buckets.set(bucket, { tokens: Math.min(rate.burst, tokensOf(bucket, rate, now) + direction * cost), at: now })
    }
  }

  return {
    charge: (charges) => ask(charges, true),
    chargeCommand: (command, who, charges) => {
      const isRepeat = known.has(command)
      return { ...ask(isRepeat ? costOfRepeat(who) : charges, true), isRepeat }
    },
    done: (command) => {
      known.set(command, true)
    },
    take: (rate, key) => ask([{ rate, key }], true).retryAfter,
    blocked: (rate, key) => ask([{ rate, key }], false).retryAfter,
    owe: (charges) => {
      move(charges, -1)
    },
    giveBack: (charges) => {
      move(charges, 1)
    },
  }
}
