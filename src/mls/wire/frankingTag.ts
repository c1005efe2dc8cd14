/** The authenticated data of a message that can be reported: a mark, and behind it a tag that only its content explains (docs/wire.md, Reports). */
import { equalBytes } from '../bytes/bytes.js'

const mark = new TextEncoder().encode('mls-homeserver frank 1')
const tagBytes = 32

/** `tag`: HMAC-SHA256 of the content under its salt. */
export const authenticatedDataWith = (tag: Uint8Array): Uint8Array => {
  if (tag.length !== tagBytes) throw new RangeError(`a tag has ${tagBytes} bytes`)
  return Uint8Array.of(...mark, ...tag)
}

/** Undefined where it has none: other messages are as good, and cannot be reported. */
export const tagIn = (authenticatedData: Uint8Array): Uint8Array | undefined =>
  authenticatedData.length === mark.length + tagBytes && equalBytes(authenticatedData.subarray(0, mark.length), mark)
    ? authenticatedData.slice(mark.length)
    : undefined
