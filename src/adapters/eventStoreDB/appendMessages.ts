/** An append as EventStoreDB's BatchAppend carries it, and what its answer means. */
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js'
import type { Status } from '@eventstore/db-client/generated/status_pb.js'
import { AppendTooLarge, StoreUnavailable, type Expected } from '../../ports/eventStore.js'
import { toPosition, type Position } from '../../ports/position.js'
import type { SerializedEvent } from '../serializedEvent.js'

/** `json` is for what the server itself reads: the metadata of a stream. */
type ContentType = 'json' | 'bytes'

export type Answer =
  /** Of the last event; the position may be missing when the server recognised a retry. */
  | { readonly status: 'written'; readonly revision: number; readonly position: Position | undefined }
  | { readonly status: 'wrongRevision'; readonly actual: number | 'none' }

export type Proposal = {
  readonly stream: string
  readonly events: readonly SerializedEvent[]
  readonly expected: Expected
  readonly content: ContentType
  /** Called in the moment in which the attempt fails, before the promise tells it. */
  readonly failed?: () => void
}

/**
 * Our own JSON text goes as bytes. No deadline is sent: it would be a time of this machine's clock, and without one the
 * server applies its write timeout.
 */
export const toRequest = (correlation: string, { stream, events, expected, content }: Proposal): BatchAppendReq => {
  const options = new streams.BatchAppendReq.Options()
  options.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
  if (expected === 'any') options.setAny(nothing())
  else if (expected === 'none') options.setNoStream(nothing())
  else options.setStreamPosition(String(expected))
  const request = new streams.BatchAppendReq()
  request.setCorrelationId(toUuid(correlation))
  request.setOptions(options)
  request.setIsFinal(true)
  request.setProposedMessagesList(events.map((event) => toMessage(event, content)))
  return request
}

const toMessage = ({ id, type, data, meta }: SerializedEvent, content: ContentType): BatchAppendReq.ProposedMessage => {
  const message = new streams.BatchAppendReq.ProposedMessage()
  message.setId(toUuid(id))
  message.getMetadataMap().set('type', type)
  message.getMetadataMap().set('content-type', content === 'json' ? 'application/json' : 'application/octet-stream')
  message.setData(Buffer.from(data))
  message.setCustomMetadata(Buffer.from(meta))
  return message
}

/** The two empty messages are one on the wire; the package ships only its own, and its client sends that too. */
type Nothing = NonNullable<Parameters<BatchAppendReq.Options['setAny']>[0]>
const nothing = (): Nothing => {
  const empty: unknown = new shared.Empty()
  return empty as Nothing
}

const toUuid = (id: string) => new shared.UUID().setString(id)

/** What the server said, or the error to throw. All but the refusals below leave it unknown whether the append will land. */
export const toAnswer = (response: BatchAppendResp): Answer | Error => {
  const error = response.getError()
  if (error !== undefined) return toRefusal(error)
  const success = response.getSuccess()
  if (success === undefined) return new StoreUnavailable('appending: an empty answer')
  const position = success.getPosition()
  return {
    status: 'written',
    revision: Number(success.getCurrentRevision()),
    position: position === undefined ? undefined : toPosition(BigInt(position.getCommitPosition())),
  }
}

const toRefusal = (error: Status): Answer | Error => {
  const details = error.getDetails()
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
      return new Error(`EventStoreDB refused an append: ${error.getMessage()}`)
    case 'event_store.client.AccessDenied':
      return new StoreUnavailable('appending: access denied')
    case undefined:
    default:
      return new StoreUnavailable(`appending: ${error.getMessage()}`)
  }
}
