/** What EventStoreDB's answer to an append means. */
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { Status } from '@eventstore/db-client/generated/status_pb.js'
import protobuf from 'protobufjs/minimal.js'
import type { Reader } from 'protobufjs/minimal.js'
import { AppendTooLarge, StoreUnavailable } from '../../../ports/eventStore.js'
import { toPosition, type Position } from '../../../ports/position.js'
import { inside, number, sized, uuidIn, wholeIn } from '../wire.js'

export type Answer =
  /** Of the last event; the position may be missing when the server recognised a retry. */
  | { readonly status: 'written'; readonly revision: number; readonly position: Position | undefined }
  | { readonly status: 'wrongRevision'; readonly actual: number | 'none' }

/** What was said to the append of this name, or the error to throw. */
export type Answered = { readonly correlation: string; readonly answer: Answer | Error }

/**
 * Reads it from its bytes; all but the refusals below leave it unknown whether the append will land. Throws RangeError on
 * what is no such message.
 */
export const toAnswered = (bytes: Buffer): Answered => {
  const reader = protobuf.Reader.create(bytes)
  let correlation = ''
  let answer: Answer | Error | undefined
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === field.correlation) correlation = inside(reader, uuidIn)
    else if (tag === field.success) answer = inside(reader, readSuccess)
    else {
      // Rare, and deep: the client's own messages read it.
      if (tag === field.error) answer = toRefusal(streams.BatchAppendResp.deserializeBinary(bytes).getError())
      reader.skipType(tag & 7)
    }
  }
  return { correlation, answer: answer ?? new StoreUnavailable('appending: an empty answer') }
}

const readSuccess = (reader: Reader, end: number): Answer => {
  let revision = 0
  let position: Position | undefined
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === field.revision) revision = wholeIn(reader)
    else if (tag === field.position) position = inside(reader, readPosition)
    else reader.skipType(tag & 7)
  }
  return { status: 'written', revision, position }
}

const readPosition = (reader: Reader, end: number): Position => {
  let commit = 0
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === field.commit) commit = wholeIn(reader)
    else reader.skipType(tag & 7)
  }
  return toPosition(commit)
}

/** streams.proto and shared.proto. */
const field = {
  correlation: sized(1),
  error: sized(2),
  success: sized(3),
  revision: number(1),
  position: sized(3),
  commit: number(1),
} as const

const toRefusal = (error: Status | undefined): Answer | Error => {
  const details = error?.getDetails()
  switch (details?.getTypeName()) {
    case 'event_store.client.WrongExpectedVersion': {
      const wrong = shared.WrongExpectedVersion.deserializeBinary(details.getValue_asU8())
      return {
        status: 'wrongRevision',
        actual: wrong.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : 'none',
      }
    }
    case 'event_store.client.MaximumAppendSizeExceeded':
      return new AppendTooLarge('more bytes in one append than this EventStoreDB takes')
    case 'event_store.client.StreamDeleted':
      return new Error('appending to a stream that was deleted for ever')
    case 'event_store.client.BadRequest':
      return new Error(`EventStoreDB refused an append: ${error?.getMessage() ?? ''}`)
    case 'event_store.client.AccessDenied':
      return new StoreUnavailable('appending: access denied')
    case undefined:
    default:
      return new StoreUnavailable(`appending: ${error?.getMessage() ?? ''}`)
  }
}
