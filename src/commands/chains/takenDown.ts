/** Whether bytes are taken down: asked before any are taken or given. */
import { digestAggregate } from '../asset/takedown.js'
import { digestStream } from '../../events/digest.js'
import type { Streams } from '../../streams/streams.js'

/** `digest`: SHA-256 of the stored bytes, base64url. */
export const isTakenDown = async (streams: Pick<Streams, 'read'>, digest: string): Promise<boolean> =>
  (await streams.read(digestAggregate, digestStream(digest))).state.takenDown
