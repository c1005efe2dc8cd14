/** `opaque<V>` (RFC 9420 §2.1.2) alone in its bytes. */
import { decodeExactly, readOpaque } from '../../mls/bytes/reader.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { encodeWith, writeOpaque } from '../../mls/bytes/writer.js'

export const encodeOpaque = (bytes: Uint8Array): Uint8Array => encodeWith(writeOpaque, bytes)

/** Undefined when the bytes are not exactly one `opaque<V>`. */
export const decodeOpaque = (bytes: Uint8Array): Uint8Array | undefined => {
  const decoded = attempt(() => decodeExactly(bytes, readOpaque))
  return decoded.ok ? decoded.value : undefined
}
