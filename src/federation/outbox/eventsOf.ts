/** A stream from a revision on, a page at a time. */
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'

const pageEvents = 200

export async function* eventsOf(
  events: Pick<EventStore, 'readStream'>,
  stream: string,
  revision: number,
): AsyncGenerator<StoredEvent> {
  for (let from = revision; ;) {
    const page = await events.readStream(stream, { from, limit: pageEvents })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageEvents) return
    from = last.revision + 1
  }
}
