/** The events of a log that filters admit, in its order, a page at a time: a log of any size in the memory of one page. */
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import { origin, toPosition } from '../../ports/position.js'
import type { Filters } from './filters.js'

const pageEvents = 500

export async function* eventsOf(
  events: Pick<EventStore, 'readAll' | 'readStream'>,
  filters: Filters,
): AsyncGenerator<StoredEvent> {
  const pages = filters.stream === undefined ? pagesOfLog(events, filters) : pagesOfStream(events, filters.stream)
  for await (const page of pages) {
    yield* page.filter(filters.admits)
    const last = page.at(-1)
    const { until } = filters
    if (last !== undefined && until !== undefined && 'position' in until && last.position > until.position) return
  }
}

async function* pagesOfLog(
  events: Pick<EventStore, 'readAll'>,
  { from }: Filters,
): AsyncGenerator<readonly StoredEvent[]> {
  let after = from !== undefined && 'position' in from ? toPosition(Math.max(0, from.position - 1)) : origin
  for (;;) {
    const page = await events.readAll({ after, limit: pageEvents })
    yield page
    after = page.at(-1)?.position ?? after
    if (page.length < pageEvents) return
  }
}

async function* pagesOfStream(
  events: Pick<EventStore, 'readStream'>,
  stream: string,
): AsyncGenerator<readonly StoredEvent[]> {
  for (let from = 0; ;) {
    const page = await events.readStream(stream, { from, limit: pageEvents })
    yield page
    if (page.length < pageEvents) return
    from = (page.at(-1)?.revision ?? from) + 1
  }
}
