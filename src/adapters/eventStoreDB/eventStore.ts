/** The log in EventStoreDB: the adapter behind the port `eventStore`, with one client for the whole process. */
import { setMaxListeners } from 'node:events'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable, type Appended, type EventStore, type StoredEvent } from '../../ports/eventStore.js'
import type { Logger } from '../../ports/logger.js'
import { origin, type Position } from '../../ports/position.js'
import { createAppend } from './append.js'
import { createBatchAppend } from './batchAppend.js'
import { checkServer } from './check.js'
import { connect } from './connection.js'
import { follow } from './follow.js'
import { createHighWater } from './highWater.js'
import { createLiveTail } from './liveTail.js'
import { note, notes } from './notes.js'
import { createReads } from './reads.js'
import { positionOf, toStoredEvent } from './recordedEvent.js'
import { createRetrying } from './retrying.js'
import type { SeatLimits } from './seat.js'
import { defaultTimeouts, type Timeouts } from './timeouts.js'
import { truncate } from './truncate.js'

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

/** Opens without a word to the server: call `check` to wait for it. Throws on a URL that is not understood. */
export const openEventStoreDB = (options: EventStoreDBOptions): EventStoreDB => {
  const { clock, logger, timeouts = defaultTimeouts } = options
  const connection = connect(options.url)
  const { client } = connection
  const closing = new AbortController()
  // Every retry and every follower listens on it, and many of them are no leak.
  setMaxListeners(0, closing.signal)
  const underWay = new Set<Promise<unknown>>()
  const reads = createReads(client, clock, timeouts.callMs)
  const retrying = createRetrying(clock, timeouts, closing.signal)
  const highWater = createHighWater(reads)
  const batchAppend = createBatchAppend(client, clock, timeouts.callMs)
  const append = createAppend({ batchAppend, reads, retrying, highWater })
  const tail = createLiveTail({
    client,
    reads,
    retrying,
    highWater,
    clock,
    logger,
    ...(options.seatLimits === undefined ? {} : { seatLimits: options.seatLimits }),
  })
  let description = 'EventStoreDB'
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

  const readAll = async (after: Position, limit: number): Promise<readonly StoredEvent[]> => {
    const events: StoredEvent[] = []
    for (let at = after; events.length < limit;) {
      const page = await retrying.within(() => reads.page(at, limit - events.length))
      events.push(...page.events)
      at = page.reached
      if (page.atEnd) break
    }
    return events
  }

  const check = async (): Promise<readonly string[]> => {
    const { reasons, version } = await checkServer({ connection, reads, clock, callMs: timeouts.callMs })
    if (version !== undefined) description = `EventStoreDB ${version}`
    return reasons
  }

  const shutDown = async (): Promise<void> => {
    closing.abort()
    await Promise.allSettled(underWay)
    batchAppend.close()
    await tail.close()
    await client.dispose()
  }

  return {
    get description() {
      return description
    },
    exclusive: false,
    append: (stream, events, expected): Promise<Appended> => whileOpen(() => append(stream, events, expected)),
    readStream: (stream, { from = 0, limit = limitDefault } = {}) =>
      whileOpen(async () => (await retrying.within(() => reads.stream(stream, from, limit))).map(toStoredEvent)),
    last: (stream) =>
      whileOpen(async () => {
        const last = await retrying.within(() => reads.last(stream))
        return last === undefined ? undefined : toStoredEvent(last)
      }),
    readAll: ({ after, limit = limitDefault }) => whileOpen(() => readAll(after, limit)),
    head: () =>
      whileOpen(async () => {
        const newest = await retrying.within(() => reads.newestOfOurs())
        return newest === undefined ? origin : positionOf(newest)
      }),
    newest: () =>
      whileOpen(async () => {
        const newest = await retrying.within(() => reads.newestOfOurs())
        return newest === undefined ? undefined : toStoredEvent(newest)
      }),
    follow: (from) => follow({ tail, reads, retrying, closing: closing.signal }, from),
    note: (name, document) => whileOpen(() => note({ batchAppend, reads, retrying }, name, document)),
    notes: (name) => whileOpen(() => notes({ batchAppend, reads, retrying }, name)),
    truncate: (stream, before) => whileOpen(() => truncate({ batchAppend, reads, retrying }, stream, before)),
    check,
    close: () => (closed ??= shutDown()),
  }
}
