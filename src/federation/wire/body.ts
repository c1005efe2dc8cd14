/** Bodies between servers (draft-ietf-mimi-protocol-06): read to their last byte, written as they were read. */
import { decodeExactly, type Reader } from '../../mls/bytes/reader.js'
import { attempt, refuse, type Result } from '../../mls/bytes/refusal.js'
import { encodeWith, type Writer } from '../../mls/bytes/writer.js'
import { bodyBytesMax } from './limits.js'

/** How a struct is read, and written. */
export type Codec<T> = {
  readonly read: (reader: Reader) => T
  readonly write: (writer: Writer, value: T) => void
}

/**
 * What the bytes say; views on a copy, never the caller's. Refuses with malformed, unsupported-message or too-large.
 */
export const decodeBody = <T>({ read }: Pick<Codec<T>, 'read'>, bytes: Uint8Array, max = bodyBytesMax): Result<T> =>
  attempt(() => {
    if (bytes.length > max) refuse('too-large', 'bytes', { max, actual: bytes.length })
    return decodeExactly(new Uint8Array(bytes), read)
  })

/** `room`: about how many bytes it takes, where they are many. */
export const encodeBody = <T>({ write }: Pick<Codec<T>, 'write'>, value: T, room?: number): Uint8Array =>
  encodeWith(write, value, room)
