/** The machine's own randomness, drawn a few kilobytes at a time: every request needs some, and a draw costs 25 µs. */
import { randomFillSync } from 'node:crypto'
import type { Random } from '../../ports/random.js'

const drawnBytes = 4_096
const drawn = new Uint8Array(drawnBytes)
let used = drawnBytes

export const systemRandom: Random = {
  bytes: (length) => {
    if (length > drawnBytes) return randomFillSync(new Uint8Array(length))
    if (used + length > drawnBytes) {
      randomFillSync(drawn)
      used = 0
    }
    const given = drawn.slice(used, used + length)
    // What was given away is not kept here.
    drawn.fill(0, used, used + length)
    used += length
    return given
  },
}
