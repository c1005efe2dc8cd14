/**
 * A read as bytes of EventStoreDB's Read: of a stream, of the whole log, or of what is appended from a place on. Written
 * directly, as appends are (append/appendRequest.ts).
 */
import protobuf from 'protobufjs/minimal.js'
import type { Writer } from 'protobufjs/minimal.js'
import { origin, type Position } from '../../../ports/position.js'
import { number, sized } from '../wire.js'

export type ReadRequest =
  /** Inclusive forwards; 'end' backwards, from the newest. */
  | { readonly stream: string; readonly from: number | 'end'; readonly limit: number }
  /** `from`: inclusive forwards; `before`: exclusive backwards, or from the newest. */
  | { readonly from: Position; readonly limit: number }
  | { readonly before: Position | 'end'; readonly limit: number }
  /** Everything behind a place, but what is the server's own, now and later. */
  | { readonly behind: Position; readonly checkpointInterval: number }

export const toReadRequest = (request: ReadRequest): Buffer => {
  const writer = protobuf.Writer.create()
  writer.uint32(field.options).fork()
  if ('stream' in request) writeStream(writer, request.stream, request.from)
  else writeAll(writer, 'behind' in request ? request.behind : 'before' in request ? request.before : request.from)
  if (isBackwards(request)) writer.uint32(field.direction).uint32(backwards)
  if ('behind' in request) {
    writer.uint32(field.subscription).fork().ldelim()
    writeFilter(writer, request.checkpointInterval)
  } else {
    writer.uint32(field.count).uint64(request.limit)
    writer.uint32(field.noFilter).fork().ldelim()
  }
  // Ids as texts.
  writer.uint32(field.uuidOption).fork().uint32(field.uuidString).fork().ldelim().ldelim()
  return writer.ldelim().finish() as Buffer
}

const isBackwards = (request: ReadRequest): boolean =>
  'before' in request || ('stream' in request && request.from === 'end')

const writeStream = (writer: Writer, stream: string, from: number | 'end'): void => {
  writer.uint32(field.stream).fork()
  writer.uint32(field.streamIdentifier).fork().uint32(field.streamName).string(stream).ldelim()
  if (from === 'end') writer.uint32(field.streamEnd).fork().ldelim()
  else writer.uint32(field.streamRevision).uint64(from)
  writer.ldelim()
}

const writeAll = (writer: Writer, at: Position | 'end'): void => {
  writer.uint32(field.all).fork()
  if (at === 'end') writer.uint32(field.allEnd).fork().ldelim()
  else if (at === origin) writer.uint32(field.allStart).fork().ldelim()
  else {
    writer.uint32(field.allPosition).fork()
    writer.uint32(field.commit).uint64(at).uint32(field.prepare).uint64(at).ldelim()
  }
  writer.ldelim()
}

/** The server's own are told by their type: metadata, links, scavenges, tombstones. */
const writeFilter = (writer: Writer, checkpointInterval: number): void => {
  writer.uint32(field.filter).fork()
  writer.uint32(field.eventType).fork().uint32(field.regex).string('^[^$].*').ldelim()
  writer.uint32(field.noWindow).fork().ldelim()
  writer.uint32(field.checkpointInterval).uint32(checkpointInterval)
  writer.ldelim()
}

const backwards = 1

/** streams.proto and shared.proto. */
const field = {
  options: sized(1),
  stream: sized(1),
  all: sized(2),
  direction: number(3),
  count: number(5),
  subscription: sized(6),
  filter: sized(7),
  noFilter: sized(8),
  uuidOption: sized(9),
  streamIdentifier: sized(1),
  streamRevision: number(2),
  streamEnd: sized(4),
  streamName: sized(3),
  allPosition: sized(1),
  allStart: sized(2),
  allEnd: sized(3),
  commit: number(1),
  prepare: number(2),
  eventType: sized(2),
  noWindow: sized(4),
  checkpointInterval: number(5),
  regex: sized(1),
  uuidString: sized(2),
} as const
