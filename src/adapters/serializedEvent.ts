/** An append checked against the limits and written out as JSON text: the form in which every adapter stores it. */
import {
  appendBytesMax,
  appendEventsMax,
  AppendTooLarge,
  type Expected,
  type NewEvent,
  type StoredEvent,
} from '../ports/eventStore.js'
import type { Json } from '../events/json.js'
import type { Meta } from '../events/meta.js'
import type { Position } from '../ports/position.js'

export type SerializedEvent = {
  readonly id: string
  readonly type: string
  readonly data: string
  readonly meta: string
}

/** Printable ASCII without blanks; names that begin with `$` belong to EventStoreDB itself. */
const streamName = /^[!-#%-~][!-~]{0,255}$/
const typeName = /^[A-Za-z][A-Za-z0-9]{0,63}$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The events as text. Throws AppendTooLarge past the limits of the port, RangeError or TypeError on what only a bug asks
 * for: no events, a bad name, type, id or expectation, an id twice, data that is not JSON.
 */
export const serializeAppend = (
  stream: string,
  events: readonly NewEvent[],
  expected: Expected,
): readonly SerializedEvent[] => {
  if (!streamName.test(stream)) throw new RangeError(`not a stream name: ${JSON.stringify(stream)}`)
  if (typeof expected === 'number' && (!Number.isSafeInteger(expected) || expected < 0))
    throw new RangeError(`not a revision: ${expected}`)
  if (events.length === 0) throw new RangeError('an append holds at least one event')
  if (events.length > appendEventsMax)
    throw new AppendTooLarge(`${events.length} events in one append, at most ${appendEventsMax}`)
  if (new Set(events.map((event) => event.id)).size < events.length)
    throw new RangeError('an event id twice in one append')
  const serialized = events.map(serializeEvent)
  const bytes = serialized.reduce((sum, { data, meta }) => sum + Buffer.byteLength(data) + Buffer.byteLength(meta), 0)
  if (bytes > appendBytesMax) throw new AppendTooLarge(`${bytes} bytes in one append, at most ${appendBytesMax}`)
  return serialized
}

const serializeEvent = ({ id, type, data, meta }: NewEvent): SerializedEvent => {
  if (!typeName.test(type)) throw new RangeError(`not an event type: ${JSON.stringify(type)}`)
  if (!uuid.test(id)) throw new RangeError(`not an event id (a lower-case UUID): ${JSON.stringify(id)}`)
  return { id, type, data: toText(data), meta: toText(meta) }
}

const toText = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError('event data and meta must be JSON')
  return text
}

/** The event as a reader sees it; text that is null was erased. */
export const parseStored = (
  place: { readonly position: Position; readonly stream: string; readonly revision: number },
  event: { readonly id: string; readonly type: string; readonly data: string | null; readonly meta: string },
): StoredEvent => ({
  position: place.position,
  stream: place.stream,
  revision: place.revision,
  id: event.id,
  type: event.type,
  data: event.data === null ? null : (JSON.parse(event.data) as Json),
  meta: JSON.parse(event.meta) as Meta,
})
