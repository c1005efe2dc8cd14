/** What EventStoreDB's answer to an append means. */
import shared from '@eventstore/db-client/generated/shared_pb.js'
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js'
import type { Status } from '@eventstore/db-client/generated/status_pb.js'
import { AppendTooLarge, StoreUnavailable } from '../../../ports/eventStore.js'
import { toPosition, type Position } from '../../../ports/position.js'

export type Answer =
  /** Of the last event; the position may be missing when the server recognised a retry. */
  | { readonly status: 'written'; readonly revision: number; readonly position: Position | undefined }
  | { readonly status: 'wrongRevision'; readonly actual: number | 'none' }

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
