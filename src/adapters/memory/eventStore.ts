/** A log in memory, for tests and simulations: deterministic, and as strict as the durable ones. */
import type { Json } from '../../events/form/json.js'
import type { Appended, EventStore, Expected, NewEvent, StoredEvent } from '../../ports/eventStore.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { origin, toPosition } from '../../ports/position.js'
import { createEventFeed } from '../eventFeed.js'
import { held, noteText, parseWritten, serializeAppend, type SerializedEvent } from '../serializedEvent.js'

type Kept = { readonly event: StoredEvent; readonly text: SerializedEvent }
/** The positions of a stream's events by revision, truncated ones included, and the revisions of those that are left by id. */
type Stream = { readonly positions: number[]; readonly revisions: Map<string, number> }

export const openMemoryEventStore = (options: { readonly keptEvents?: number } = {}): EventStore => {
  /** In log order; positions are dense here: the event at position p is log[p - 1], or undefined once truncated. */
  const log: (Kept | undefined)[] = []
  const streams = new Map<string, Stream>()
  const noted = new Map<string, string[]>()
  let closed = false

  const kept = (position: number): Kept | undefined => log[position - 1]
  /** A copy, so that no caller shares objects with the store. */
  const copy = ({ event: { position, stream, revision }, text }: Kept): StoredEvent =>
    parseWritten({ position, stream, revision }, text)
  const pageOf = (positions: Iterable<number>, limit: number): readonly StoredEvent[] => {
    const page: StoredEvent[] = []
    for (const position of positions) {
      if (page.length >= limit) break
      const found = kept(position)
      if (found !== undefined) page.push(held(copy(found)))
    }
    return page
  }
  const readAfter = (after: number, limit: number): readonly StoredEvent[] =>
    pageOf(countUp(after + 1, log.length), limit)
  const feed = createEventFeed({
    head: origin,
    readAfter,
    breathe: () => Promise.resolve(),
    ...(options.keptEvents === undefined ? {} : { keptEvents: options.keptEvents }),
  })

  const open = (): void => {
    if (closed) throw new StoreUnavailable('the store is closed')
  }

  const write = (stream: string, { positions, revisions }: Stream, texts: readonly SerializedEvent[]): Appended => {
    const written = texts.map((text): Kept => {
      const place = { position: toPosition(log.length + 1), stream, revision: positions.length }
      const entry = { event: parseWritten(place, text), text }
      log.push(entry)
      revisions.set(text.id, positions.length)
      positions.push(place.position)
      return entry
    })
    feed.publish(written.map((entry) => ({ event: copy(entry), characters: entry.text.data.length })))
    return { status: 'appended', position: toPosition(log.length), revision: positions.length - 1, repeated: false }
  }

  /** The first result, when exactly these ids stand from a revision on. */
  const repeated = (
    positions: readonly number[],
    from: number,
    texts: readonly SerializedEvent[],
  ): Appended | undefined => {
    const same = texts.every(({ id }, n) => kept(positions[from + n] ?? 0)?.event.id === id)
    const revision = from + texts.length - 1
    return same
      ? { status: 'appended', position: toPosition(positions[revision] ?? 0), revision, repeated: true }
      : undefined
  }

  const append = (stream: string, events: readonly NewEvent[], expected: Expected): Appended => {
    open()
    const texts = serializeAppend(stream, events, expected)
    const found = streams.get(stream) ?? { positions: [], revisions: new Map<string, number>() }
    streams.set(stream, found)
    const { positions, revisions } = found
    const head = positions.length - 1
    const wrong: Appended = { status: 'wrongRevision', actual: head < 0 ? 'none' : head }
    const wanted = expected === 'none' ? -1 : expected
    if (wanted !== 'any' && wanted !== head) return repeated(positions, wanted + 1, texts) ?? wrong
    if (!texts.some(({ id }) => revisions.has(id))) return write(stream, found, texts)
    return repeated(positions, revisions.get(texts[0]?.id ?? '') ?? head + 1, texts) ?? wrong
  }

  return {
    description: 'memory',
    exclusive: true,
    append: async (stream, events, expected) => Promise.resolve().then(() => append(stream, events, expected)),
    readStream: async (stream, { from = 0, limit = 500 } = {}) => {
      open()
      return Promise.resolve(pageOf(streams.get(stream)?.positions.slice(from) ?? [], limit))
    },
    find: async (stream, id) => {
      open()
      const { positions, revisions } = streams.get(stream) ?? { positions: [] }
      const found = kept(positions[revisions?.get(id) ?? -1] ?? 0)
      return Promise.resolve(found === undefined ? undefined : held(copy(found)))
    },
    last: async (stream) => {
      open()
      const found = kept(streams.get(stream)?.positions.at(-1) ?? 0)
      return Promise.resolve(found === undefined ? undefined : held(copy(found)))
    },
    readAll: async ({ after, limit = 500 }) => {
      open()
      return Promise.resolve(readAfter(after, limit))
    },
    head: () => Promise.resolve(feed.head()),
    newest: async () => {
      open()
      return Promise.resolve(feed.head() === origin ? undefined : readAfter(toPosition(feed.head() - 1), 1)[0])
    },
    follow: feed.follow,
    note: async (name, document) => {
      open()
      noted.set(name, [...(noted.get(name) ?? []), noteText(document)])
      return Promise.resolve()
    },
    notes: async (name) => Promise.resolve((noted.get(name) ?? []).map((text) => JSON.parse(text) as Json)),
    truncate: async (stream, before) => {
      open()
      const { positions, revisions } = streams.get(stream) ?? { positions: [] }
      for (const position of positions.slice(0, Math.max(0, Math.min(before, positions.length - 1)))) {
        revisions?.delete(kept(position)?.event.id ?? '')
        log[position - 1] = undefined
      }
      return Promise.resolve()
    },
    close: () => {
      closed = true
      feed.close()
      return Promise.resolve()
    },
  }
}

function* countUp(from: number, to: number): Generator<number> {
  for (let n = from; n <= to; n++) yield n
}
