/**
 * An append as bytes of EventStoreDB's BatchAppend. The client's own way, an object of objects that are asked for each of
 * their fields and written into lists of numbers, costs more than all else that an append does here.
 */
import protobuf from 'protobufjs/minimal.js'
import type { Writer } from 'protobufjs/minimal.js'
import type { Expected } from '../../../ports/eventStore.js'
import type { SerializedEvent } from '../../serializedEvent.js'
import { number, sized } from '../wire.js'

/** `json` is for what the server itself reads: the metadata of a stream. */
export type ContentType = 'json' | 'bytes'

export type AppendRequest = {
  readonly stream: string
  readonly events: readonly SerializedEvent[]
  readonly expected: Expected
  readonly content: ContentType
}

/**
 * Our own JSON text goes as bytes. No deadline is sent: it would be a time of this machine's clock, and without one the
 * server applies its write timeout.
 */
export const toRequest = (correlation: string, request: AppendRequest): Buffer => {
  const { stream, events, expected, content } = request
  const writer = protobuf.Writer.create()
  writeUuid(writer, field.correlation, correlation)
  writer.uint32(field.options).fork()
  writer.uint32(field.streamIdentifier).fork().uint32(field.streamName).string(stream).ldelim()
  if (expected === 'any') writer.uint32(field.any).fork().ldelim()
  else if (expected === 'none') writer.uint32(field.noStream).fork().ldelim()
  else writer.uint32(field.streamPosition).uint64(expected)
  writer.ldelim()
  for (const event of events) writeEvent(writer, event, contentTypes[content])
  return writer.uint32(field.isFinal).bool(true).finish() as Buffer
}

const writeEvent = (writer: Writer, { id, type, data, meta }: SerializedEvent, contentType: string): void => {
  writer.uint32(field.proposed).fork()
  writeUuid(writer, field.eventId, id)
  writeMetadata(writer, 'type', type)
  writeMetadata(writer, 'content-type', contentType)
  writer.uint32(field.customMetadata).string(meta).uint32(field.data).string(data).ldelim()
}

const writeUuid = (writer: Writer, at: number, id: string): void => {
  writer.uint32(at).fork().uint32(field.uuidString).string(id).ldelim()
}

const writeMetadata = (writer: Writer, name: string, value: string): void => {
  writer.uint32(field.metadata).fork().uint32(field.key).string(name).uint32(field.value).string(value).ldelim()
}

const contentTypes: Readonly<Record<ContentType, string>> = {
  json: 'application/json',
  bytes: 'application/octet-stream',
}

/** streams.proto and shared.proto. */
const field = {
  correlation: sized(1),
  options: sized(2),
  proposed: sized(3),
  isFinal: number(4),
  streamIdentifier: sized(1),
  streamPosition: number(2),
  noStream: sized(3),
  any: sized(4),
  streamName: sized(3),
  eventId: sized(1),
  metadata: sized(2),
  customMetadata: sized(3),
  data: sized(4),
  uuidString: sized(2),
  key: sized(1),
  value: sized(2),
} as const
