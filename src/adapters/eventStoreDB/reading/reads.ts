/** Reading: each call with its timer and its slot, system events left out, missing and deleted streams as empty ones. */
import type { EventStoreDBClient } from '@eventstore/db-client'
import type { Clock } from '../../../ports/clock.js'
import type { StoreUnavailable, StoredEvent } from '../../../ports/eventStore.js'
import { origin, type Position } from '../../../ports/position.js'
import type { Availability } from '../connection/availability.js'
import { createCallSlots } from '../connection/callSlots.js'
import { inTime } from '../connection/inTime.js'
import { readCall } from './readCall.js'
import type { ReadRequest } from './readRequest.js'
import { positionOf, toStoredEvent, type RecordedEvent } from './recordedEvent.js'
import { asStoreError, isMissingStream } from '../connection/storeErrors.js'
import type { Strangers } from './strangers.js'

export type Page = {
  readonly events: readonly StoredEvent[]
  /** Up to where the page reaches, what is not for readers included; `after` itself when there was nothing. */
  readonly reached: Position
  /** Whether the log had no more when it was read. */
  readonly atEnd: boolean
}

/** Single attempts: whoever needs more retries. They throw StoreUnavailable. */
export type Reads = {
  stream(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]>
  last(stream: string): Promise<RecordedEvent | undefined>
  /** The newest `limit` events of a stream, newest first. */
  newest(stream: string, limit: number): Promise<readonly RecordedEvent[]>
  /** Events above a position, from at most `limit` places of the log. */
  page(after: Position, limit: number): Promise<Page>
  /** The event at a position, or the first one after it when a scavenge took that one away. */
  at(position: Position): Promise<RecordedEvent | undefined>
  /** The newest event of the log, a system event or not. */
  newestOfAll(): Promise<RecordedEvent | undefined>
  /** The position of the newest event that is neither the server's own nor another application's. */
  head(): Promise<Position>
  /** Throws while the log cannot be read, whatever is known of the store. */
  look(): Promise<unknown>
  /** Ends those under way; later ones are as good as any. */
  abandon(why: StoreUnavailable): void
}

export type ReadTools = {
  readonly client: EventStoreDBClient
  readonly clock: Clock
  readonly callMs: number
  readonly availability: Availability
  readonly strangers: Strangers
}

const headPagesEvents = [1, 32, 1_024] as const

export const createReads = ({ client, clock, callMs, availability, strangers }: ReadTools): Reads => {
  const slots = createCallSlots()
  const open = new Set<AbortController>()
  /** The head as it was last found, and the place up to which it was the newest. */
  let known: { readonly head: Position; readonly upTo: Position } = { head: origin, upTo: origin }

  const abandon = (why: StoreUnavailable): void => {
    for (const over of open) over.abort(why)
  }
  availability.onAway(abandon)

  /** Collects a whole read. A read left early is cancelled: it would keep its call open otherwise. */
  const collectNow = async (request: ReadRequest): Promise<readonly RecordedEvent[]> => {
    const what = 'stream' in request ? `reading ${request.stream}` : 'reading the log'
    const over = new AbortController()
    open.add(over)
    try {
      return await inTime(clock, callMs, what, (signal) => slots(signal, () => drain(client, request, signal)), over)
    } catch (error) {
      if (isMissingStream(error)) return []
      throw asStoreError(error, what)
    } finally {
      open.delete(over)
    }
  }
  const collect = (request: ReadRequest) => availability.attempt(() => collectNow(request))

  const newest = (stream: string, limit: number) => collect({ stream, from: 'end', limit })

  const page = async (after: Position, limit: number): Promise<Page> => {
    // A read from a position begins with the event at it, which the caller has.
    const places = after === origin ? limit : limit + 1
    const read = await collect({ from: after, limit: places })
    const above = read.filter((event) => positionOf(event) > after)
    const last = above.at(-1)
    return {
      events: above.filter(strangers.isForReaders).map(toStoredEvent),
      reached: last === undefined ? after : positionOf(last),
      atEnd: read.length < places,
    }
  }

  const head = async (): Promise<Position> => {
    const { upTo } = known
    let end: Position | undefined
    let before: Position | undefined
    for (let n = 0; ; n++) {
      const limit = headPagesEvents[Math.min(n, headPagesEvents.length - 1)] ?? 1
      const read = await collect({ before: before ?? 'end', limit })
      end ??= read[0] === undefined ? origin : positionOf(read[0])
      const newest = read.find((event) => positionOf(event) <= upTo || strangers.isForReaders(event))
      const oldest = read.at(-1)
      if (newest === undefined && oldest !== undefined && read.length === limit) {
        before = positionOf(oldest)
        continue
      }
      // What was found to be the newest stays it for as long as nothing but strangers follow.
      const found = newest === undefined ? origin : positionOf(newest)
      const newer = found > upTo ? found : known.head
      if (end >= known.upTo) known = { head: newer, upTo: end }
      return newer
    }
  }

  return {
    // A limit of 0 would hang, and keep the server spinning.
    stream: async (stream, from, limit) => (limit < 1 ? [] : collect({ stream, from, limit })),
    last: async (stream) => (await newest(stream, 1))[0],
    newest,
    page,
    at: async (position) => (await collect({ from: position, limit: 1 }))[0],
    newestOfAll: async () => (await collect(newestOne))[0],
    head,
    look: () => collectNow(newestOne),
    abandon,
  }
}

const newestOne: ReadRequest = { before: 'end', limit: 1 }

const drain = async (
  client: EventStoreDBClient,
  request: ReadRequest,
  signal: AbortSignal,
): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = []
  await readCall(
    client,
    request,
    (answer) => {
      if (typeof answer === 'object') events.push(answer.event)
    },
    signal,
  )
  // Being left ends it as its own end does: what came until then must not pass for the whole.
  signal.throwIfAborted()
  return events
}
