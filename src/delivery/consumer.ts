/** One consumer of a queue: where its items go and how far they have gone, while it is pulled or live. */
import type { Position } from '../ports/position.js'
import type { QueueRow } from '../projections/queues/schema.js'
import type { Live } from './connections.js'
import type { Outlet } from './outlet.js'

export type Consumer = {
  readonly row: QueueRow
  readonly outlet: Outlet
  /** Everything up to here was handed over, or is not for this queue. */
  cursor: Position
  /** Itself among the live connections; undefined while it is pulled. */
  live: LiveConsumer | undefined
  /** Where the log ended when it was opened: queueEmpty is sent once it has come there. */
  due: Position | undefined
  over: boolean
}

export type LiveConsumer = Live & { readonly consumer: Consumer }

/** `after`: the cursor from which its owner goes on. */
export const consumerOf = (row: QueueRow, after: Position, outlet: Outlet): Consumer => ({
  row,
  outlet,
  cursor: after,
  live: undefined,
  due: undefined,
  over: false,
})
