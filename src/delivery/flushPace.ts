/**
 * When what was gathered for the connections is handed over. A write costs the same for one frame or for twenty, so under
 * load the next flush waits for a while that grows with what the last one took: alone, a message leaves at once.
 */

/** Calls `flush` at once or a little later; asking again meanwhile changes nothing. */
export type FlushPace = (flush: () => void) => void

export const atOnce: FlushPace = (flush) => {
  flush()
}

/** The pause is so many times as long as the flush before it took. */
const restFactor = 2
const pauseMsMax = 4

/** `now`: ms, of a clock that never goes back. */
export const paced = (now = (): number => performance.now()): FlushPace => {
  let notBefore = 0
  let waiting = false

  const run = (flush: () => void): void => {
    const began = now()
    flush()
    const ended = now()
    notBefore = ended + Math.min(pauseMsMax, restFactor * (ended - began))
  }

  return (flush) => {
    if (waiting) return
    const waitMs = notBefore - now()
    if (waitMs <= 0) {
      run(flush)
      return
    }
    waiting = true
    setTimeout(() => {
      waiting = false
      run(flush)
    }, waitMs)
  }
}
