/** Where a connected queue's items go: a websocket in the server, an array in tests. */
import type { Position } from '../ports/position.js'
import type { Frame } from '../items/frame.js'

/** Why delivery lets go of a connection: a newer consumer took the queue, the queue is no more, or a bug. */
export type Ending = 'displaced' | 'gone' | 'failed'

export type Outlet = {
  /** Takes the next item; it leaves with the next flush at the latest. */
  item(frame: Frame): void
  /** Takes a signal, which is no item: the JSON of it, an object's end without its beginning (`signalTail`). */
  signal(tail: Buffer): void
  /** Everything that stood in the queue when it was opened has been handed over; live from here. */
  queueEmpty(position: Position): void
  /** Hands over what was taken, in one write. */
  flush(): void
  /** Bytes taken that the network has not. */
  unsentBytes(): number
  /** Resolves once little is unsent, or when the connection is over. */
  ready(): Promise<void>
  /** Delivery sends nothing more. */
  ended(why: Ending): void
}
