/** Whether the store is known to be away: then all but the one who looks after it are refused at once. */
import type { Clock } from '../../../ports/clock.js'
import { StoreUnavailable } from '../../../ports/eventStore.js'
import type { Logger } from '../../../ports/logger.js'
import { inTime } from './inTime.js'
import { Refused } from './refused.js'
import { pauseAfter } from './timeouts.js'

export type Availability = {
  /** Runs one attempt, and learns from its outcome. While the store is away, throws Refused without a try unless it finds it back. */
  attempt<Result>(work: () => Promise<Result>): Promise<Result>
  /** The store answered something that nobody waits for any more. */
  heard(): void
  readonly isAway: () => boolean
  /** Calls `abandon` when the store is found to be away: whoever waits for it is not to wait on. */
  onAway(abandon: (why: Refused) => void): void
}

export type AvailabilityOptions = {
  readonly clock: Clock
  readonly logger: Logger
  /** What is away: 'reads', 'appends'. */
  readonly name: string
  /** It is away when all fails for so long, and so many at least. */
  readonly awayAfterMs: number
  readonly awayAfterFailures: number
  /** What is known from elsewhere makes one failure enough. */
  readonly suspected?: () => boolean
  /** Looks after the store while it is away, without end in itself; else whoever calls first does. */
  readonly look?: () => Promise<unknown>
  readonly closing: AbortSignal
}

/** When to come again: looks follow one another, so the store is found within about so long of its return. */
const retryAfterMs = 1_000
/** Whoever calls looks so long: others may wait for the same answer, and are not to wait for a store that hangs. */
const glimpseMs = 300

export const createAvailability = (options: AvailabilityOptions): Availability => {
  const { clock, logger, name, awayAfterMs, awayAfterFailures, suspected = () => false, look, closing } = options
  const listeners: ((why: Refused) => void)[] = []
  let heardAt = -Infinity
  let failures = 0
  let failingSince = Infinity
  let away = false
  let looksUnderWay = 0

  const refusal = (why: string, cause?: unknown): Refused => new Refused(why, { cause, retryAfterMs })

  const knownAway = (): Refused => refusal(`${name}: the store is known to be away`)

  const heard = (): void => {
    heardAt = clock.now()
    failures = 0
    failingSince = Infinity
    if (away) logger.info('the store is back', { store: 'EventStoreDB', name })
    away = false
  }

  const failed = (started: number, error: StoreUnavailable): void => {
    failures++
    failingSince = Math.min(failingSince, Math.max(started, heardAt))
    const forLong = failures >= awayAfterFailures && clock.now() - failingSince >= awayAfterMs
    if (away || !(forLong || suspected())) return
    away = true
    logger.warn('the store is away', { store: 'EventStoreDB', name, reason: error.message })
    for (const abandon of listeners) abandon(knownAway())
    if (look !== undefined) void lookAfter(look)
  }

  const whileLooking = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    looksUnderWay++
    try {
      return await work()
    } finally {
      looksUnderWay--
    }
  }

  /** A store that lets calls hang is looked at all the time; one that refuses them now and then, by whoever comes too. */
  const lookAfter = async (look: () => Promise<unknown>): Promise<void> => {
    for (let looks = 1; away && !closing.aborted; looks++) {
      const started = clock.now()
      try {
        await whileLooking(look)
        heard()
      } catch {
        if (clock.now() - started >= awayAfterMs) continue
      }
      await clock.sleep(pauseAfter(looks), closing)
    }
  }

  const glimpse = async (look: () => Promise<unknown>): Promise<void> => {
    try {
      await whileLooking(() => inTime(clock, glimpseMs, `${name}: looking`, look))
    } catch {
      throw knownAway()
    }
    heard()
  }

  const attempt: Availability['attempt'] = async (work) => {
    if (away && looksUnderWay > 0) throw knownAway()
    if (away && look !== undefined) await glimpse(look)
    return away ? whileLooking(() => tryIt(work)) : tryIt(work)
  }

  const tryIt: Availability['attempt'] = async (work) => {
    const started = clock.now()
    try {
      const result = await work()
      heard()
      return result
    } catch (error) {
      // Any other failure is an answer all the same; what was not even sent tells nothing.
      if (!(error instanceof StoreUnavailable)) heard()
      else if (!(error instanceof Refused)) failed(started, error)
      if (away && error instanceof StoreUnavailable) throw refusal(error.message, error.cause)
      throw error
    }
  }

  return {
    attempt,
    heard,
    isAway: () => away,
    onAway: (abandon) => {
      listeners.push(abandon)
    },
  }
}
