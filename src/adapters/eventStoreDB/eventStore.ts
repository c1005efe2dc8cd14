/** The log in EventStoreDB: the adapter behind the port `eventStore`, with one client for the whole process. */
import { setMaxListeners } from 'node:events'
import type { Clock } from '../../ports/clock.js'
import {
  foundAmongMax,
  StoreUnavailable,
  type Appended,
  type EventStore,
  type StoredEvent,
} from '../../ports/eventStore.js'
import type { Logger } from '../../ports/logger.js'
import { origin, type Position } from '../../ports/position.js'
import { sharedReads } from '../../structures/sharedReads.js'
import { createAppend } from './append/append.js'
import { createAvailability } from './connection/availability.js'
import { createBarrenStretch } from './reading/barrenStretch.js'
import { createBatchAppend } from './append/batchAppend.js'
import { checkServer } from './connection/check.js'
import { connect } from './connection/connection.js'
import { follow } from './reading/follow.js'
import { createHearing } from './reading/hearing.js'
import { createHighWater } from './reading/highWater.js'
import { atMost } from './connection/inTime.js'
import { createLiveTail } from './reading/liveTail.js'
import { note, notes } from './notes.js'
import { createReads, type Reads } from './reading/reads.js'
import { toStoredEvent } from './reading/recordedEvent.js'
import { createRetrying } from './connection/retrying.js'
import type { SeatLimits } from './reading/seat.js'
import { createStrangers } from './reading/strangers.js'
import { defaultTimeouts, type Timeouts } from './connection/timeouts.js'
import { truncate } from './truncate.js'
import { experienceWith, nameOf } from './connection/versions.js'

export type EventStoreDBOptions = {
  /** esdb:// or esdb+discover://, credentials inside. */
  readonly url: string
  readonly logger: Logger
  readonly clock: Clock
  readonly timeouts?: Timeouts
  /** What a follower may hold back before it reads again. */
  readonly seatLimits?: SeatLimits
}

export type EventStoreDB = EventStore & {
  /**
   * Why the server cannot be used, in one line each: unreachable, not authorised, wrong version, clock, not ready. Empty
   * when all is well. Never throws; asks anew each time.
   */
  check(): Promise<readonly string[]>
}

const limitDefault = 500
/** Places read at once where the first few brought nothing for us: the store's own events can be many. */
const placesAtOnce = 512
/** What is under way when the store is closed gets so long; then it fails, and the caller does not know its outcome. */
const closeGraceMs = 2_000
/** The client waits for the end of its streams, and some never end: that of a read that timed out as its answer came. */
const disposeMs = 1_000

/** Opens without a word to the server: call `check` to wait for it. Throws on a URL that is not understood. */
export const openEventStoreDB = (options: EventStoreDBOptions): EventStoreDB => {
  const { clock, logger, timeouts = defaultTimeouts } = options
  const connection = connect(options.url)
  const { client } = connection
  const closing = new AbortController()
  // Every retry and every follower listens on it, and many of them are no leak.
  setMaxListeners(0, closing.signal)
  const underWay = new Set<Promise<unknown>>()
  const strangers = createStrangers(logger)
  // A little less than a call may take: a timer that fires a millisecond early must not make it one failure too few.
  const away = { clock, logger, awayAfterMs: timeouts.callMs * 0.9, closing: closing.signal }
  const readable = createAvailability({
    ...away,
    name: 'reads',
    awayAfterFailures: 1,
    look: () => reads.look(),
  })
  // Without a quorum reads succeed and appends do not; a server that cannot be read takes no appends either. One answer
  // may be lost by itself.
  const writable = createAvailability({ ...away, name: 'appends', awayAfterFailures: 2, suspected: readable.isAway })
  const reads: Reads = createReads({ client, clock, callMs: timeouts.callMs, availability: readable, strangers })
  const retrying = createRetrying(clock, timeouts, closing.signal)
  const highWater = createHighWater(reads)
  const batchAppend = createBatchAppend({ client, clock, callMs: timeouts.callMs, availability: writable })
  const append = createAppend({ batchAppend, reads, retrying, highWater })
  const { hearing, ear } = createHearing({ clock, head: () => retrying.within(() => reads.head()) })
  const tail = createLiveTail({
    client,
    reads,
    retrying,
    highWater,
    ear,
    strangers,
    clock,
    logger,
    ...(options.seatLimits === undefined ? {} : { seatLimits: options.seatLimits }),
  })
  let version: string | undefined
  let closed: Promise<void> | undefined

  /** Counts an operation that `close` waits for. */
  const whileOpen = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closing.signal.aborted) throw new StoreUnavailable('the store is closed')
    const working = work()
    underWay.add(working)
    try {
      return await working
    } finally {
      underWay.delete(working)
    }
  }

  const barren = createBarrenStretch()
  const pages = sharedReads()

  const readAll = async (after: Position, limit: number, placesMax: number): Promise<readonly StoredEvent[]> => {
    const events: StoredEvent[] = []
    let places = limit
    let left = placesMax
    for (let at = barren.skip(after); events.length < limit;) {
      const from = at
      const page = await pages(`${from} ${places}`, () => retrying.within(() => reads.page(from, places)))
      events.push(...page.events)
      at = page.reached
      if (page.events.length === 0) barren.note(from, at)
      left -= places
      if (page.atEnd || left <= 0) break
      places = Math.min(left, Math.max(limit - events.length, placesAtOnce))
    }
    return events.slice(0, limit)
  }

  const check = async (): Promise<readonly string[]> => {
    const report = await checkServer({ connection, reads, clock, callMs: timeouts.callMs })
    version = report.version ?? version
    return report.reasons
  }

  const shutDown = async (): Promise<void> => {
    closing.abort()
    ear.close()
    await atMost(clock, closeGraceMs, Promise.allSettled(underWay))
    reads.abandon(new StoreUnavailable('the store was closed'))
    batchAppend.close()
    await tail.close()
    await atMost(clock, disposeMs, client.dispose())
  }

  return {
    get description() {
      return version === undefined ? 'EventStoreDB' : nameOf(version)
    },
    get experience() {
      return version === undefined ? undefined : experienceWith(version)
    },
    exclusive: false,
    hearing: { ...hearing, caughtUp: () => whileOpen(() => hearing.caughtUp()) },
    append: (stream, events, expected): Promise<Appended> => whileOpen(() => append(stream, events, expected)),
    readStream: (stream, { from = 0, limit = limitDefault } = {}) =>
      whileOpen(async () => (await retrying.within(() => reads.stream(stream, from, limit))).map(toStoredEvent)),
    find: (stream, id) =>
      whileOpen(async () => {
        const newest = await retrying.within(() => reads.newest(stream, foundAmongMax))
        const found = newest.find((event) => event.id === id)
        return found === undefined ? undefined : toStoredEvent(found)
      }),
    last: (stream) =>
      whileOpen(async () => {
        const last = await retrying.within(() => reads.last(stream))
        return last === undefined ? undefined : toStoredEvent(last)
      }),
    readAll: ({ after, limit = limitDefault, places = Infinity }) => whileOpen(() => readAll(after, limit, places)),
    head: () => whileOpen(() => retrying.within(() => reads.head())),
    newest: () =>
      whileOpen(async () => {
        const head = await retrying.within(() => reads.head())
        const newest = head === origin ? undefined : await retrying.within(() => reads.at(head))
        return newest === undefined ? undefined : toStoredEvent(newest)
      }),
    follow: (from) => follow({ tail, reads, retrying, closing: closing.signal }, from),
    note: (name, document) => whileOpen(() => note({ batchAppend, reads, retrying }, name, document)),
    notes: (name) => whileOpen(() => notes({ batchAppend, reads, retrying }, name)),
    truncate: (stream, before) => whileOpen(() => truncate({ batchAppend, reads, retrying }, stream, before)),
    check,
    passedOver: strangers.count,
    close: () => (closed ??= shutDown()),
  }
}
