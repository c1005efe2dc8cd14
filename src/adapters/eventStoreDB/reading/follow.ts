/** Following the log: read up to its end by pages, then take from the live tail; a follower that falls behind reads again. */
import { setMaxListeners } from 'node:events'
import type { Batch, StoredEvent } from '../../../ports/eventStore.js'
import type { Position } from '../../../ports/position.js'
import type { LiveTail } from './liveTail.js'
import type { Page, Reads } from './reads.js'
import type { Retrying } from '../connection/retrying.js'

const followPageEvents = 500

export type FollowTools = {
  readonly tail: LiveTail
  readonly reads: Reads
  readonly retrying: Retrying
  /** Aborts when the store is closed. */
  readonly closing: AbortSignal
}
export type FollowOptions = { readonly after: Position; readonly signal: AbortSignal }

export async function* follow(tools: FollowTools, options: FollowOptions): AsyncGenerator<Batch> {
  const over = AbortSignal.any([options.signal, tools.closing])
  // A follower listens on the process's signals for each of its waits, and many followers are no leak.
  setMaxListeners(0, options.signal, over)
  let at = options.after
  let live = false

  const catchUp = async function* (): AsyncGenerator<Page> {
    let next: Promise<Page | undefined> | undefined
    for (let atEnd = false; !atEnd;) {
      const page = await (next ?? readPage(tools, at, over))
      if (page === undefined) return
      at = page.reached
      atEnd = page.atEnd
      // The next page is under way while this one is worked on.
      next = atEnd ? undefined : readPage(tools, at, over)
      yield page
    }
  }

  while (!over.aborted) {
    // What is long past is read before a seat is taken, whose buffer would only overflow meanwhile.
    for await (const { events } of catchUp()) if (events.length > 0) yield { events, live }
    const seat = await tools.tail.attach(over)
    if (seat === undefined) return
    try {
      for await (const { events, atEnd } of catchUp()) {
        const caughtUp = atEnd && !live
        live ||= atEnd
        if (events.length > 0 || caughtUp) yield { events, live }
      }
      for (let events = await seat.take(over); events !== undefined; events = await seat.take(over)) {
        const news = above(events, at)
        at = news.at(-1)?.position ?? at
        if (news.length > 0) yield { events: news, live }
      }
    } finally {
      seat.leave()
    }
  }
}

const readPage = ({ reads, retrying }: FollowTools, after: Position, signal: AbortSignal): Promise<Page | undefined> =>
  retrying.forEver(signal, () => reads.page(after, followPageEvents))

/** What the pages have not given yet. */
const above = (events: readonly StoredEvent[], at: Position): readonly StoredEvent[] => {
  const first = events[0]
  return first === undefined || first.position > at ? events : events.filter(({ position }) => position > at)
}
