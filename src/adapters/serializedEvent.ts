/** An append checked against the limits and written out as JSON text: the form in which every adapter stores it. */
import {
  appendBytesMax,
  appendEventsMax,
  AppendTooLarge,
  eventIdForm,
  eventTypeForm,
  streamNameForm,
  type Expected,
  type NewEvent,
  type StoredEvent,
} from '../ports/eventStore.js'
import { checkOf, checkOfStored, sealedTextOf } from '../events/form/checksum.js'
import { asWritten } from '../events/form/asWritten.js'
import type { Json } from '../events/form/json.js'
import type { Meta } from '../events/form/meta.js'
import type { Position } from '../ports/position.js'

export type SerializedEvent = {
  readonly id: string
  readonly type: string
  readonly data: string
  readonly meta: string
}

/**
 * The events as text. Throws AppendTooLarge past the limits of the port, RangeError or TypeError on what only a bug asks
 * for: no events, a bad name, type, id or expectation, an id twice, data that is not JSON.
 */
export const serializeAppend = (
  stream: string,
  events: readonly NewEvent[],
  expected: Expected,
): readonly SerializedEvent[] => {
  if (!streamNameForm.test(stream)) throw new RangeError(`not a stream name: ${JSON.stringify(stream)}`)
  if (typeof expected === 'number' && (!Number.isSafeInteger(expected) || expected < 0))
    throw new RangeError(`not a revision: ${expected}`)
  if (events.length === 0) throw new RangeError('an append holds at least one event')
  if (events.length > appendEventsMax)
    throw new AppendTooLarge(`${events.length} events in one append, at most ${appendEventsMax}`)
  if (events.length > 1 && new Set(events.map((event) => event.id)).size < events.length)
    throw new RangeError('an event id twice in one append')
  const serialized = events.map(serializeEvent)
  const bytes = serialized.reduce((sum, { data, meta }) => sum + Buffer.byteLength(data) + Buffer.byteLength(meta), 0)
  if (bytes > appendBytesMax) throw new AppendTooLarge(`${bytes} bytes in one append, at most ${appendBytesMax}`)
  return serialized
}

const serializeEvent = ({ id, type, data, meta }: NewEvent): SerializedEvent => {
  if (!eventTypeForm.test(type)) throw new RangeError(`not an event type: ${JSON.stringify(type)}`)
  if (!eventIdForm.test(id)) throw new RangeError(`not an event id (a lower-case UUID): ${JSON.stringify(id)}`)
  return { id, type, data: sealedTextOf(data) ?? toText(data), meta: toText(meta) }
}

/** A note as text. Throws AppendTooLarge. */
export const noteText = (document: Json): string => {
  const text = toText(document)
  const bytes = Buffer.byteLength(text)
  if (bytes > appendBytesMax) throw new AppendTooLarge(`${bytes} bytes in one note, at most ${appendBytesMax}`)
  return text
}

const toText = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError('event data and meta must be JSON')
  return text
}

type Place = { readonly position: Position; readonly stream: string; readonly revision: number }

/** An event about to be appended as a reader will see it, shared with nobody. */
export const readable = ({ id, type, data, meta }: NewEvent): NewEvent => ({
  id,
  type,
  data: asWritten(data),
  meta: asWritten(meta) as Meta,
})

/** The event as a reader will see it, made from what was just written: there is nothing yet to hold it against. */
export const parseWritten = (place: Place, { id, type, data, meta }: SerializedEvent): StoredEvent => ({
  ...place,
  id,
  type,
  data: JSON.parse(data) as Json,
  meta: JSON.parse(meta) as Meta,
})

/** As it comes from a disk: nothing about it is certain. Data that is null was erased. */
export type StoredText = {
  readonly id: unknown
  readonly type: unknown
  readonly data: unknown
  readonly meta: unknown
}

/** The event as a reader sees it, held against its checksum. Never throws: what is not right comes marked. */
export const parseStored = (place: Place, text: StoredText): StoredEvent => {
  const { id, type } = text
  const [data, meta] = [fromText(text.data), fromText(text.meta)]
  const whole = typeof id === 'string' && typeof type === 'string' && data !== undefined && isObject(meta)
  if (whole) return held({ ...place, id, type, data, meta: meta as Meta }, text.data)
  return { ...place, id: String(id), type: String(type), data: null, meta: noMeta, damage: 'it is no event' }
}

/** Marks what is not as it was written. `text`: its data as it stands in the store, where that is at hand. */
export const held = (event: StoredEvent, text?: unknown): StoredEvent => {
  const check = typeof text === 'string' ? checkOfStored(event, text) : checkOf(event)
  return check === 'broken' ? { ...event, damage: 'its checksum does not hold' } : event
}

const noMeta: Meta = { v: 1, at: 0, command: '' }

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined when it is no JSON. */
const fromText = (text: unknown): Json | undefined => {
  if (text === null) return null
  try {
    return typeof text === 'string' ? (JSON.parse(text) as Json) : undefined
  } catch {
    return undefined
  }
}
