/**
 * The live end of the log: one `$all` subscription for the whole process, handed on to every follower.
 *
 * A drop is routine: the server lets go of who is slow for a moment, and a burst of 500 events is enough. The tail then
 * subscribes again from the last event it handed on. One server bug is worked around: a subscription from position P reads
 * one event at or after P and skips it, which loses the first survivor when a scavenge took the event at P away.
 */
import type { EventStoreDBClient } from '@eventstore/db-client'
import { untilAborted } from '../../../ports/abort.js'
import type { Clock } from '../../../ports/clock.js'
import type { Logger } from '../../../ports/logger.js'
import { origin, type Position } from '../../../ports/position.js'
import { createGathering } from './gathering.js'
import type { Ear } from './hearing.js'
import type { HighWater } from './highWater.js'
import { readCall } from './readCall.js'
import type { Reads } from './reads.js'
import { bytesOf, positionOf, toStoredEvent, type RecordedEvent } from './recordedEvent.js'
import type { Retrying } from '../connection/retrying.js'
import { createSeat, defaultSeatLimits, type Offer, type Seat, type SeatLimits } from './seat.js'
import { reasonOf } from '../connection/storeErrors.js'
import type { Strangers } from './strangers.js'
import { pauseAfter } from '../connection/timeouts.js'

export type LiveTail = {
  /** A seat that gets everything from here on; what lies before is for the follower to read. Undefined once closed or aborted. */
  attach(signal: AbortSignal): Promise<Seat | undefined>
  close(): Promise<void>
}

export type LiveTailTools = {
  readonly client: EventStoreDBClient
  readonly reads: Reads
  readonly retrying: Retrying
  readonly highWater: HighWater
  readonly ear: Ear
  readonly strangers: Strangers
  readonly clock: Clock
  readonly logger: Logger
  readonly seatLimits?: SeatLimits
}

/** How often the server says how far it has looked where it found nothing to send, in its own unit. */
const checkpointInterval = 32

export const createLiveTail = (tools: LiveTailTools): LiveTail => {
  const { client, reads, retrying, highWater, ear, strangers, clock, logger, seatLimits = defaultSeatLimits } = tools
  const closing = new AbortController()
  const seats = new Set<Offer>()
  const closers = new Set<() => void>()
  /** The last event handed on, or the end of the log when the tail began. */
  let reached: Position | undefined
  let running: Promise<void> | undefined
  let beginning: Promise<void> | undefined

  const closed = (): boolean => closing.signal.aborted
  const gathering = createGathering(clock, closing.signal, (run) => {
    for (const offer of seats) offer(run)
  })

  const handOn = (event: RecordedEvent): void => {
    const position = positionOf(event)
    if (reached !== undefined && position <= reached) return
    reached = position
    highWater.see(position)
    const isForReaders = strangers.isForReaders(event)
    if (isForReaders) ear.hear(event.streamId, event.revision)
    ear.reach(position)
    if (isForReaders && seats.size > 0) gathering.add({ event: toStoredEvent(event), bytes: bytesOf(event) })
  }

  const begin = async (): Promise<void> => {
    const found = await retrying.forEver(closing.signal, async () => ({ newest: await reads.newestOfAll() }))
    if (found === undefined) return
    reached = found.newest === undefined ? origin : positionOf(found.newest)
    highWater.see(reached)
    ear.reach(reached)
    running = run()
  }

  const run = async (): Promise<void> => {
    let said: string | undefined
    for (let failures = 0; !closed();) {
      const from = reached ?? origin
      const reason = await subscription(from)
      if (closed()) return
      gathering.flush()
      failures = reached === from ? failures + 1 : 0
      if (failures < 2 || reason !== said) logger.info('subscription dropped', { reason, position: reached })
      said = reason
      if (failures > 0) await clock.sleep(pauseAfter(failures), closing.signal)
    }
  }

  /** Hands on what one subscription brings, until it is dropped; says why it was. */
  const subscription = async (from: Position): Promise<string> => {
    try {
      const survivor = from === origin ? undefined : await reads.at(from)
      if (survivor !== undefined) handOn(survivor)
      const request = { behind: reached ?? origin, checkpointInterval }
      // Each is taken as it comes: a burst must not look like a slow consumer.
      await readCall(
        client,
        request,
        (answer) => {
          if (typeof answer === 'object') handOn(answer.event)
        },
        closing.signal,
      )
      return 'ended'
    } catch (error) {
      return reasonOf(error)
    }
  }

  const attach = async (signal: AbortSignal): Promise<Seat | undefined> => {
    beginning ??= begin()
    await Promise.race([beginning, untilAborted(signal)])
    if (signal.aborted || closed()) return undefined
    const { seat, offer, close } = createSeat(seatLimits, () => {
      seats.delete(offer)
      closers.delete(close)
    })
    seats.add(offer)
    closers.add(close)
    return seat
  }

  const close = async (): Promise<void> => {
    closing.abort()
    for (const closeSeat of closers) closeSeat()
    await beginning
    await running
  }

  return { attach, close }
}
