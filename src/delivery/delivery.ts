/**
 * Queues to connections. A queue that opens is pulled page by page from the read model; once it has come so near that
 * the events after the checkpoint are still in memory, those are replayed and it goes live in the same instant, so that
 * nothing falls between and nothing comes twice. One that cannot keep up live goes back to being pulled.
 */
import type { Observable } from 'rxjs'
import type { QueueId } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import type { Limits } from '../limits/limits.js'
import type { Logger } from '../ports/logger.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import { spreadPositions } from '../items/frame.js'
import type { QueueRow } from '../projections/queues/schema.js'
import type { Page } from '../projections/queues/page.js'
import type { QueueView } from '../projections/queues/view.js'
import { recipientsOf } from '../projections/queues/view.js'
import { keepConnections } from './connections.js'
import type { Live } from './connections.js'
import type { Delivered, LiveBatch } from './delivered.js'
import { atOnce } from './flushPace.js'
import type { FlushPace } from './flushPace.js'
import type { Ending, Outlet } from './outlet.js'
import { keepRecent } from './recent.js'
import type { RecentBounds } from './recent.js'
import { makeViewer } from './viewer.js'
import type { Viewer } from './viewer.js'
import type { Signal } from './signal.js'

export type DeliveryDependencies = {
  readonly live: Observable<LiveBatch>
  /** Where `live` begins. */
  readonly start: Position
  readonly view: QueueView
  /** The newest position of the log. */
  readonly head: () => Promise<Position>
  readonly logId: string
  /** Rings when the queues' checkpoint may have moved; rings may be lost as long as one follows within a while. */
  readonly advanced: Signal
  readonly clock: Clock
  readonly limits: Pick<Limits, 'fetchPageMax' | 'websocketUnsentBytesMax'>
  readonly logger: Logger
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
  /** Ends whoever consumes the queue here: a newer consumer came to another process. */
  readonly displace: (queue: QueueId) => void
  /** Up to where the log was delivered. */
  position(): Position
  /** Whether it still follows the log; if not, the process must be restarted. */
  follows(): boolean
  /** Open queues, those of them that are live, and items handed over since the start. */
  counts(): { readonly open: number; readonly live: number; readonly delivered: number }
}

const recentDefault: RecentBounds = { events: 8_192, bytes: 16 * 1024 * 1024 }

type Consumer = {
  readonly row: QueueRow
  readonly outlet: Outlet
  /** Everything up to here was handed over, or is not for this queue. */
  cursor: Position
  live: LiveConsumer | undefined
  /** Where the log ended when it was opened: queueEmpty is sent once it has come there. */
  due: Position | undefined
  over: boolean
}
/** Where a consumer that is pulled stands; 'drained': nothing more up to the checkpoint it was read at. */
type Step = 'begin' | 'more' | 'drained' | 'done'
type LiveConsumer = Live & { readonly consumer: Consumer }

export const makeDelivery = (deps: DeliveryDependencies): Delivery => {
  const { view, clock, limits, logger, pace = atOnce } = deps
  const recent = keepRecent(deps.start, deps.recent ?? recentDefault)
  const connections = keepConnections<LiveConsumer>()
  const consumers = new Map<QueueId, Consumer>()
  /** Live already, but not yet told that the queue is empty. */
  const unannounced = new Set<Consumer>()
  /** Those that were handed something live since the last flush. */
  const unflushed = new Set<Consumer>()
  let position = deps.start
  let handed = 0
  let following = true

  const tooMuch = ({ outlet }: Consumer): boolean => outlet.unsentBytes() > limits.websocketUnsentBytesMax

  const end = (consumer: Consumer, why: Ending): void => {
    if (consumer.over) return
    leave(consumer)
    consumer.outlet.ended(why)
  }

  const leave = (consumer: Consumer): void => {
    consumer.over = true
    unannounced.delete(consumer)
    if (consumer.live !== undefined) connections.remove(consumer.live)
    consumer.live = undefined
    if (consumers.get(consumer.row.queue) === consumer) consumers.delete(consumer.row.queue)
  }

  /** Hands over what the consumer sees of an event that it has not seen. False when it has more than enough for now. */
  const hand = (consumer: Consumer, viewer: Viewer, delivered: Delivered): boolean => {
    const frames = viewer.see(delivered)
    if (delivered.position <= consumer.cursor) return true
    consumer.cursor = delivered.position
    for (const frame of spreadPositions(frames, deps.logId)) consumer.outlet.item(frame)
    handed += frames.length
    return frames.length === 0 || !tooMuch(consumer)
  }

  const deliver = (delivered: Delivered): void => {
    position = delivered.position
    recent.push(delivered)
    for (const live of connections.concernedBy(delivered)) {
      const { consumer } = live
      unflushed.add(consumer)
      const keepsUp = hand(consumer, live.viewer, delivered)
      connections.moved(live, delivered)
      if (!keepsUp) fallBack(consumer, live)
    }
    for (const queue of delivered.queuesGone) {
      const consumer = consumers.get(queue)
      if (consumer !== undefined) end(consumer, 'gone')
    }
  }

  /** Once, when it is live and has come to where the log ended at its opening. */
  const announce = (consumer: Consumer): boolean => {
    const at = later(position, consumer.cursor)
    if (consumer.live === undefined || consumer.due === undefined || at < consumer.due) return false
    consumer.due = undefined
    unannounced.delete(consumer)
    consumer.outlet.queueEmpty(at)
    return true
  }

  /** The rest waits in the log, not in memory. */
  const fallBack = (consumer: Consumer, live: LiveConsumer): void => {
    connections.remove(live)
    consumer.live = undefined
    unannounced.delete(consumer)
    start(consumer)
  }

  const deliverAll = ({ delivered, upTo }: LiveBatch): void => {
    for (const one of delivered) deliver(one)
    position = upTo
    for (const consumer of unannounced) if (announce(consumer)) unflushed.add(consumer)
    if (unflushed.size > 0) pace(flushAll)
  }

  const flushAll = (): void => {
    for (const consumer of unflushed) if (!consumer.over) consumer.outlet.flush()
    unflushed.clear()
  }

  const start = (consumer: Consumer): void => {
    pull(consumer).catch((error: unknown) => {
      logger.error('queue not delivered', { error: String(error) })
      end(consumer, 'failed')
    })
  }

  /** Page by page until it goes live, or is over. */
  const pull = async (consumer: Consumer): Promise<void> => {
    let step: Step = 'begin'
    for (;;) {
      await consumer.outlet.ready()
      const rung = deps.advanced.arm()
      step = await takeStep(consumer, step === 'begin')
      if (consumer.over || step === 'done') return
      if (step !== 'more' && !tooMuch(consumer)) await rung
    }
  }

  const takeStep = async (consumer: Consumer, first: boolean): Promise<Step> => {
    try {
      if (first) consumer.due = await deps.head()
      const page = await pullPage(consumer, first)
      if (page.more) return 'more'
      return (await goLive(consumer, page.checkpoint)) ? 'done' : 'drained'
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      logger.warn('queue not read', { error: String(error) })
      return first ? 'begin' : 'drained'
    }
  }

  const pullPage = async (consumer: Consumer, capped: boolean): Promise<Page> => {
    const page = await view.page(consumer.row, {
      after: consumer.cursor,
      limit: limits.fetchPageMax,
      bytesMax: limits.websocketUnsentBytesMax / 2,
      capped,
      now: clock.now(),
    })
    if (consumer.over) return page
    for (const frame of page.frames) consumer.outlet.item(frame)
    handed += page.frames.length
    consumer.outlet.flush()
    consumer.cursor = page.next
    return page
  }

  /** True when it is over, or live: the events between the checkpoint of its last page and now were all at hand. */
  const goLive = async (consumer: Consumer, checkpoint: Position): Promise<boolean> => {
    const { row } = consumer
    const memberships = row.kind === 'direct' ? [] : await view.memberships(row.queue, checkpoint)
    if (consumer.over) return true
    const recipients = recipientsOf(row)
    const viewer = makeViewer(row.queue, recipients, memberships)
    return join(consumer, checkpoint, { queue: row.queue, recipients, viewer, consumer })
  }

  /** In one instant, with no other event between the last one replayed and the first live one. */
  const join = (consumer: Consumer, checkpoint: Position, live: LiveConsumer): boolean => {
    const missed = recent.above(checkpoint)
    if (missed === undefined) return false
    const kept = missed.every((delivered) => hand(consumer, live.viewer, delivered))
    if (kept) {
      consumer.live = live
      connections.add(live)
      if (consumer.due !== undefined && !announce(consumer)) unannounced.add(consumer)
    }
    consumer.outlet.flush()
    return kept
  }

  deps.live.subscribe({
    next: deliverAll,
    error: (error: unknown) => {
      following = false
      logger.error('delivery stopped', { error: String(error) })
      for (const consumer of consumers.values()) end(consumer, 'failed')
    },
  })

  return {
    open: (row, after, outlet) => {
      const older = consumers.get(row.queue)
      if (older !== undefined) end(older, 'displaced')
      const consumer: Consumer = { row, outlet, cursor: after, live: undefined, due: undefined, over: false }
      consumers.set(row.queue, consumer)
      start(consumer)
      return {
        isOpen: () => !consumer.over,
        close: () => {
          if (!consumer.over) leave(consumer)
        },
      }
    },
    displace: (queue) => {
      const consumer = consumers.get(queue)
      if (consumer !== undefined) end(consumer, 'displaced')
    },
    position: () => position,
    follows: () => following,
    counts: () => ({ open: consumers.size, live: connections.size(), delivered: handed }),
  }
}

const later = (one: Position, other: Position): Position => (one > other ? one : other)
