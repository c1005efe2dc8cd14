/**
 * The last stretch of the log in which nothing was for us: a reader that stands before it goes on behind it. Whatever is
 * appended lies above all that was read, so a stretch stays barren; without this, whoever asks for what is new reads
 * through a quiet night's events of the store's own each time.
 */
import type { Position } from '../../../ports/position.js'

export type BarrenStretch = {
  /** Where a reader that has everything up to a position may go on. */
  skip(after: Position): Position
  /** Nothing was found above `after`, up to `reached`. */
  note(after: Position, reached: Position): void
}

export const createBarrenStretch = (): BarrenStretch => {
  let from: Position | undefined
  let to: Position | undefined
  const holds = (position: Position): boolean =>
    from !== undefined && to !== undefined && position >= from && position <= to
  return {
    skip: (after) => (holds(after) && to !== undefined ? to : after),
    note: (after, reached) => {
      if (reached <= after) return
      const goesOn = to !== undefined && holds(after)
      if (!goesOn) from = after
      to = goesOn && to !== undefined && to > reached ? to : reached
    },
  }
}
