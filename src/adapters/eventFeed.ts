/** The live end of a log written by this process: recent events from memory, older ones by pages, one order for all. */
import { setMaxListeners } from 'node:events'
import { untilWoken } from '../ports/abort.js'
import type { Batch, StoredEvent } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import { keepTail } from '../structures/tail.js'

/** What the feed keeps in memory; a follower further behind reads pages from the store instead. */
const keptEventsMax = 4_096
const keptCharactersMax = 16 * 1024 * 1024
const batchEventsMax = 500
/** So many are read from the store at a time. */
const sliceEvents = 32

export type Published = { readonly event: StoredEvent; readonly characters: number }

export type EventFeed = {
  /** The position of the newest published event. */
  readonly head: () => Position
  /** Takes events in position order, after they are durable, and wakes the followers. */
  readonly publish: (events: readonly Published[]) => void
  readonly follow: (from: { readonly after: Position; readonly signal: AbortSignal }) => AsyncIterable<Batch>
  /** Ends every follower. */
  readonly close: () => void
}

export type EventFeedOptions = {
  readonly head: Position
  /** A page of durable events from the store itself. */
  readonly readAfter: (after: Position, limit: number) => readonly StoredEvent[]
  /** Lets other work run between two reads, since they are synchronous. */
  readonly breathe: () => Promise<void>
  readonly keptEvents?: number
}

export const createEventFeed = (options: EventFeedOptions): EventFeed => {
  const recent = createRecent(options.head, options.keptEvents ?? keptEventsMax)
  const sleepers = new Set<() => void>()
  let closed = false

  const wakeAll = (): void => {
    const woken = [...sleepers]
    sleepers.clear()
    for (const wake of woken) wake()
  }

  /** Resolves at the next publish, on close, or when `signal` aborts. Nothing can happen between an empty read and this. */
  const published = (signal: AbortSignal): Promise<void> =>
    untilWoken(signal, (wake) => {
      sleepers.add(wake)
      return () => sleepers.delete(wake)
    })

  /** A slice at a time: read whole it would hold everybody up. */
  const readBatch = async (from: Position): Promise<readonly StoredEvent[]> => {
    const events: StoredEvent[] = []
    while (events.length < batchEventsMax && !closed) {
      const wanted = Math.min(sliceEvents, batchEventsMax - events.length)
      const slice = options.readAfter(events.at(-1)?.position ?? from, wanted)
      events.push(...slice)
      if (slice.length < wanted) break
      await options.breathe()
    }
    return events
  }

  async function* follow(from: { readonly after: Position; readonly signal: AbortSignal }): AsyncGenerator<Batch> {
    const { signal } = from
    // The whole process follows with one signal, and sixteen listeners on it are no leak.
    setMaxListeners(0, signal)
    let at = from.after
    let live = false
    const ended = (): boolean => signal.aborted || closed
    while (!ended()) {
      const inMemory = recent.after(at, batchEventsMax)
      if (inMemory === undefined) await options.breathe()
      if (ended()) return
      const events = inMemory ?? (await readBatch(at))
      if (ended()) return
      const last = events.at(-1)
      if (last !== undefined) {
        at = last.position
        live ||= at >= recent.head()
        yield { events, live }
      } else if (!live) {
        live = true
        yield { events: [], live }
      } else await published(signal)
    }
  }

  return {
    head: recent.head,
    publish: (events) => {
      recent.push(events)
      wakeAll()
    },
    follow,
    close: () => {
      closed = true
      wakeAll()
    },
  }
}

/** The newest events, bounded in number and size, and where the newest stands. */
const createRecent = (head: Position, keptEvents: number) => {
  let newest = head
  const kept = keepTail<Published, Position>({
    start: head,
    countMax: keptEvents,
    weightMax: keptCharactersMax,
    placeOf: ({ event }) => event.position,
    weightOf: ({ characters }) => characters,
  })
  return {
    head: (): Position => newest,
    push: (events: readonly Published[]): void => {
      for (const published of events) {
        kept.push(published)
        newest = published.event.position
      }
    },
    /** Events above `position`, or undefined when some of them are no longer here. */
    after: (position: Position, limit: number): readonly StoredEvent[] | undefined =>
      kept.above(position, limit)?.map(({ event }) => event),
  }
}
