/** The salts of events, drawn a few hundred at a time: a draw costs as much as all else about a checksum. */
import { randomFillSync } from 'node:crypto'
import { saltBytes } from '../events/form/checksum.js'

const drawn = new Uint8Array(256 * saltBytes)
let used = drawn.length

/** A view that holds until the next few hundred are drawn: it is to be written out at once. */
export const newSalt = (): Uint8Array => {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += saltBytes
  return drawn.subarray(used - saltBytes, used)
}
