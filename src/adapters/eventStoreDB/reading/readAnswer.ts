/** What EventStoreDB answers a read with, message by message, as its bytes are read: the client's objects cost several times as much. */
import protobuf from 'protobufjs/minimal.js'
import type { Reader } from 'protobufjs/minimal.js'
import { inside, number, sized, textIn, uuidIn, wholeIn } from '../wire.js'
import { toRecordedEvent, type RecordedEvent } from './recordedEvent.js'

/** An event, that the stream does not exist, or what nobody here asks for. */
export type ReadAnswer = { readonly event: RecordedEvent } | 'missing' | 'other'

/** Throws RangeError on what is no such message. */
export const toReadAnswer = (bytes: Buffer): ReadAnswer => {
  const reader = protobuf.Reader.create(bytes)
  let answer: ReadAnswer = 'other'
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === field.event) {
      const event = inside(reader, readEvent)
      if (event !== undefined) answer = { event }
    } else {
      if (tag === field.streamNotFound) answer = 'missing'
      reader.skipType(tag & 7)
    }
  }
  return answer
}

/** Undefined where a link leads nowhere. */
const readEvent = (reader: Reader, end: number): RecordedEvent | undefined => {
  let event: RecordedEvent | undefined
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === field.recorded) event = inside(reader, readRecorded)
    else reader.skipType(tag & 7)
  }
  return event
}

const readRecorded = (reader: Reader, end: number): RecordedEvent => {
  const event = { id: '', streamId: '', revision: 0, position: 0, type: '', created: '', meta: '', data: '' }
  while (reader.pos < end) {
    const tag = reader.uint32()
    switch (tag) {
      case field.id:
        event.id = inside(reader, uuidIn)
        break
      case field.streamIdentifier:
        event.streamId = inside(reader, streamNameIn)
        break
      case field.revision:
        event.revision = wholeIn(reader)
        break
      case field.commit:
        event.position = wholeIn(reader)
        break
      case field.metadata:
        inside(reader, (one, until) => {
          readMetadata(one, until, event)
        })
        break
      case field.customMetadata:
        event.meta = reader.string()
        break
      case field.data:
        event.data = reader.string()
        break
      default:
        reader.skipType(tag & 7)
    }
  }
  return toRecordedEvent(event)
}

/** One entry of the server's own metadata. */
const readMetadata = (reader: Reader, end: number, event: { type: string; created: string }): void => {
  let [key, value] = ['', '']
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === field.key) key = reader.string()
    else if (tag === field.value) value = reader.string()
    else reader.skipType(tag & 7)
  }
  if (key === 'type') event.type = value
  else if (key === 'created') event.created = value
}

/** event_store.client.StreamIdentifier. */
const streamNameIn = textIn(sized(3))

/** streams.proto and shared.proto. */
const field = {
  event: sized(1),
  streamNotFound: sized(4),
  recorded: sized(1),
  id: sized(1),
  streamIdentifier: sized(2),
  revision: number(3),
  commit: number(5),
  metadata: sized(6),
  customMetadata: sized(7),
  data: sized(8),
  key: sized(1),
  value: sized(2),
} as const
