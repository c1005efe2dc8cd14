/** Bytes in an answer of the homeserver. */
import { fromBase64url } from '../../mls/bytes/base64url.js'

/** An answer without them is no answer of this interface. */
export const bytesIn = (value: unknown): Uint8Array => {
  const bytes = typeof value === 'string' ? fromBase64url(value) : undefined
  if (bytes === undefined) throw new TypeError('the server answered something else than base64url')
  return bytes
}
