/**
 * Queues to connections. A queue that opens is pulled page by page from the read model (catchUp.ts); once it has come so
 * near that the events after the checkpoint are still in memory, those are replayed and it goes live in the same instant
 * (fanOut.ts), so that nothing falls between and nothing comes twice. One that cannot keep up goes back to being pulled.
 */
import type { Observable } from 'rxjs'
import type { QueueId } from '../mls/wire/ids.js'
import type { Position } from '../ports/position.js'
import type { QueueRow } from '../projections/queues/schema.js'
import { makeCatchUp } from './catchUp.js'
import type { CatchUpWorld } from './catchUp.js'
import { consumerOf } from './consumer.js'
import type { Consumer } from './consumer.js'
import type { Delivered, LiveBatch } from './delivered.js'
import { makeFanOut } from './fanOut.js'
import { atOnce } from './flushPace.js'
import type { FlushPace } from './flushPace.js'
import { makeHandOver } from './handOver.js'
import type { Ending, Outlet } from './outlet.js'
import { keepRecent } from './recent.js'
import type { RecentBounds } from './recent.js'
import type { PassOn } from './signals/passOn.js'

export type DeliveryDependencies = CatchUpWorld & {
  readonly live: Observable<LiveBatch>
  /** Where `live` begins. */
  readonly start: Position
  readonly logId: string
  readonly recent?: RecentBounds
  /** At once unless told otherwise. */
  readonly pace?: FlushPace
}

export type Opened = {
  /** False once it was ended by delivery or closed: its acknowledgements count no more. */
  isOpen(): boolean
  close(): void
}

export type Delivery = {
  /** Delivers what the queue shows above `after`, for as long as it is open. A newer consumer displaces this one. */
  open(row: QueueRow, after: Position, outlet: Outlet): Opened
  /** Tells a signal to the sockets of this process that are live in its group. */
  readonly passOn: PassOn
  /** Ends whoever consumes the queue here: a newer consumer came to another process. */
  readonly displace: (queue: QueueId) => void
  /** Whether it still follows the log; if not, the process must be restarted. */
  follows(): boolean
  /** Open queues, those of them that are live; and since the start items handed over, signals, and signals that a slow socket missed. */
  counts(): {
    readonly open: number
    readonly live: number
    readonly delivered: number
    readonly signals: number
    readonly signalsMissed: number
  }
}

const recentDefault: RecentBounds = { events: 8_192, bytes: 16 * 1024 * 1024 }

export const makeDelivery = (deps: DeliveryDependencies): Delivery => {
  const { logger, logId, start, pace = atOnce } = deps
  const consumers = new Map<QueueId, Consumer>()
  let following = true
  let [signals, signalsMissed] = [0, 0]

  const handOver = makeHandOver({ logId, unsentBytesMax: deps.limits.websocketUnsentBytesMax })
  const recent = keepRecent(start, deps.recent ?? recentDefault)
  const fellBack = (consumer: Consumer): void => {
    pull(consumer)
  }
  const fanOut = makeFanOut({ start, recent, handOver, pace, fellBack })
  const catchUp = makeCatchUp(deps, { handOver, join: fanOut.join })

  const pull = (consumer: Consumer): void => {
    catchUp(consumer).catch((error: unknown) => {
      logger.error('queue not delivered', { error: String(error) })
      end(consumer, 'failed')
    })
  }

  const leave = (consumer: Consumer): void => {
    consumer.over = true
    fanOut.leave(consumer)
    if (consumers.get(consumer.row.queue) === consumer) consumers.delete(consumer.row.queue)
  }

  const end = (consumer: Consumer | undefined, why: Ending): void => {
    if (consumer === undefined || consumer.over) return
    leave(consumer)
    consumer.outlet.ended(why)
  }

  const endGone = ({ queuesGone }: Delivered): void => {
    for (const queue of queuesGone) end(consumers.get(queue), 'gone')
  }

  deps.live.subscribe({
    next: (batch) => {
      fanOut.deliver(batch, endGone)
    },
    error: (error: unknown) => {
      following = false
      logger.error('delivery stopped', { error: String(error) })
      for (const consumer of consumers.values()) end(consumer, 'failed')
    },
  })

  return {
    open: (row, after, outlet) => {
      end(consumers.get(row.queue), 'displaced')
      const consumer = consumerOf(row, after, outlet)
      consumers.set(row.queue, consumer)
      pull(consumer)
      return {
        isOpen: () => !consumer.over,
        close: () => {
          if (!consumer.over) leave(consumer)
        },
      }
    },
    passOn: (signal) => {
      const { told, passedOver } = fanOut.signal(signal)
      signals += told
      signalsMissed += passedOver
    },
    displace: (queue) => {
      end(consumers.get(queue), 'displaced')
    },
    follows: () => following,
    counts: () => ({ open: consumers.size, live: fanOut.size(), delivered: handOver.count(), signals, signalsMissed }),
  }
}
