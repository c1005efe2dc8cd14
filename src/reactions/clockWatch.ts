/**
 * Watches this process's clock, holds everything that destroys by age while it is not believed, and tells the log, so that
 * the next start knows it too.
 */
import { acceptClock, holdClock, noteDowntime, serverAggregate } from '../commands/server/server.js'
import type { AcceptClock, ServerClock } from '../commands/server/server.js'
import { serverStream } from '../events/server.js'
import type { ServerEvent } from '../events/server.js'
import type { Clock, SecondClock, Stopwatch } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import { derivedId } from '../streams/commandId.js'
import type { Decide } from '../streams/decider.js'
import type { Streams } from '../streams/streams.js'
import type { ServerState } from '../commands/server/server.js'
import { believedAt, earliestAt, looked, trustAtStart, trusting } from './clockTrust.js'
import type { Reading } from './clockTrust.js'

export type ClockWatch = {
  /** Why nothing is destroyed now; undefined: this process believes its clock. */
  held(): string | undefined
  /** Whether what is old by the clock may be destroyed: no process doubts its clock. Throws what the store throws. */
  mayDestroy(): Promise<boolean>
  /** By which things are old, ms: never later than what is believed. */
  believed(): number
  /** The least that a new event's time may be, ms. */
  earliest(): number
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export type ClockWatchDependencies = {
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly streams: Streams
  readonly secondClock: SecondClock
  /** When the newest event before this run was written, ms. */
  readonly newest: number | undefined
  /** Further past the newest event a clock is not believed at a start, ms. */
  readonly leapMsMax: number
  /** This process. */
  readonly process: string
  readonly logger: Logger
}

const lookEveryMs = 1_000
/** The log and the second clock are asked so often. */
const askEveryMs = 60_000
/** Two clocks that are no further apart agree, ms. */
const agreeMs = 5 * 60 * 1_000
/** A shorter time without events is not worth an event, ms. */
const downMsMin = 60 * 60 * 1_000

/** Reads what the log says of the clock, and begins. */
export const watchClock = async (deps: ClockWatchDependencies): Promise<ClockWatch> => {
  const { clock, stopwatch, streams, secondClock, leapMsMax, process, logger } = deps
  const read = (): Reading => ({ wall: clock.now(), elapsed: stopwatch.elapsed() })
  const inLog = async (): Promise<ServerClock> => {
    const { state } = await streams.read(serverAggregate, serverStream)
    return state.status === 'new' ? { status: 'believed', accepts: 0 } : state.clock
  }

  const atStart = await inLog()
  const newest = atStart.status === 'held' ? atStart.believed : deps.newest
  const began = read()
  let trust = trustAtStart({ reading: began, newest, leapMsMax })
  let acceptsSeen = atStart.accepts
  /** Where the time that nobody could use began. */
  let lost = newest ?? began.wall
  let askedAt = -Infinity
  let toldHeld = false
  let told = 0

  const tell = async (what: Decide<ServerState, ServerEvent>): Promise<void> => {
    const id = derivedId(`clock ${process}`, String(++told))
    await streams.execute(serverAggregate, serverStream, { id, bodyHash: 'server', at: clock.now() }, what)
  }

  const accepted = async (by: AcceptClock['by'], inLog: ServerClock): Promise<void> => {
    const span = { from: lost, until: clock.now() }
    const isLong = span.until - span.from >= downMsMin
    if (inLog.status === 'held') await tell(acceptClock({ by, ...(isLong ? { skipped: span } : {}) }))
    else if (isLong) await tell(noteDowntime(span))
    toldHeld = false
  }

  const look = (): void => {
    const before = trust
    const reading = read()
    trust = looked(before, reading)
    if (trust.held === before.held) return
    if (trust.held === undefined) logger.warn('the clock is believed again', { reason: 'it is back' })
    else {
      lost = Math.round(believedAt(trust, reading))
      askedAt = -Infinity
      complain(trust.held)
    }
  }
  const complain = (why: string): void => {
    logger.error('the clock is not believed: nothing expires until it is right, or `homeserver clock accept`', {
      reason: why,
    })
  }

  const agrees = async (): Promise<boolean> => {
    const second = await secondClock()
    return second !== undefined && Math.abs(second - clock.now()) <= agreeMs
  }

  /** What the log has to know, and what it knows: an operator's word, another process's doubt. */
  const compare = async (): Promise<void> => {
    const now = await inLog()
    if (trust.held === undefined) {
      acceptsSeen = now.accepts
      if (now.status === 'believed') toldHeld = false
      else if (now.process === process || toldHeld) await accepted('return', now)
      else if (await agrees()) await accepted('secondClock', now)
      return
    }
    if (now.accepts > acceptsSeen) believeAgain('an operator', now.accepts)
    else if (await agrees()) {
      await accepted('secondClock', now)
      believeAgain('a second clock', now.accepts)
    } else await tellHeld(now)
  }
  const tellHeld = async (now: ServerClock): Promise<void> => {
    if (now.status === 'held' && now.process === process) return
    await tell(holdClock({ process, believed: Math.max(0, lost) }))
    toldHeld = true
  }
  const believeAgain = (by: string, accepts: number): void => {
    trust = trusting(read())
    acceptsSeen = accepts
    logger.warn('the clock is believed again', { reason: `said by ${by}` })
  }

  const isAskDue = (): boolean => {
    const { elapsed } = read()
    const isDue = elapsed - askedAt >= askEveryMs || (trust.held === undefined && toldHeld)
    if (isDue) askedAt = elapsed
    return isDue
  }

  const tick = async (): Promise<void> => {
    look()
    if (!isAskDue()) return
    try {
      await compare()
    } catch (error) {
      askedAt = -Infinity
      logger.warn('the log could not be told of the clock, trying again', { error: String(error) })
    }
  }

  const begin = async (): Promise<void> => {
    if (trust.held !== undefined) {
      complain(trust.held)
      await compare()
    } else if (atStart.status === 'held') await accepted('return', atStart)
    else if (newest !== undefined && began.wall - newest >= downMsMin) {
      await tell(noteDowntime({ from: newest, until: began.wall }))
    }
  }
  await begin()

  const now = <T>(of: () => T): T => {
    look()
    return of()
  }
  return {
    held: () => now(() => trust.held),
    mayDestroy: async () => now(() => trust.held) === undefined && (await inLog()).status === 'believed',
    believed: () => now(() => Math.min(clock.now(), believedAt(trust, read()))),
    earliest: () => now(() => Math.floor(earliestAt(trust, read()))),
    run: async (signal) => {
      while (!signal.aborted) {
        await tick()
        await clock.sleep(lookEveryMs, signal)
      }
    },
  }
}
