/** The name that a stream's identifier carries, as UTF-8. */
import type { StreamIdentifier } from '@eventstore/db-client/generated/shared_pb.js'

export const nameOf = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString()
