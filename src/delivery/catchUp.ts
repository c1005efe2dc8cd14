/** The pulled side: a consumer is handed page after page of its queue, until it is so near the log's end that it goes live. */
import type { Limits } from '../limits/limits.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import type { Position } from '../ports/position.js'
import type { Page } from '../projections/queues/page.js'
import { recipientsOf } from '../projections/queues/view.js'
import type { QueueView } from '../projections/queues/view.js'
import type { Consumer } from './consumer.js'
import type { FanOut } from './fanOut.js'
import type { HandOver } from './handOver.js'
import type { Signal } from './signal.js'
import { makeViewer } from './viewer.js'

export type CatchUpWorld = {
  readonly view: QueueView
  /** The newest position of the log. */
  readonly head: () => Promise<Position>
  /** Rings when the queues' checkpoint may have moved; rings may be lost as long as one follows within a while. */
  readonly advanced: Signal
  readonly clock: Clock
  readonly limits: Pick<Limits, 'fetchPageMax' | 'websocketUnsentBytesMax'>
  readonly logger: Logger
}

/** Resolves when the consumer is live or over. Waits where the store is away; throws on a bug. */
export type CatchUp = (consumer: Consumer) => Promise<void>

/** Where a consumer that is pulled stands; 'drained': nothing more up to the checkpoint it was read at. */
type Step = 'begin' | 'more' | 'drained' | 'done'

export const makeCatchUp = (
  world: CatchUpWorld,
  { handOver, join }: { readonly handOver: HandOver; readonly join: FanOut['join'] },
): CatchUp => {
  const { view, head, advanced, clock, limits, logger } = world

  const readPage = (consumer: Consumer, capped: boolean): Promise<Page> =>
    view.page(consumer.row, {
      after: consumer.cursor,
      limit: limits.fetchPageMax,
      bytesMax: limits.websocketUnsentBytesMax / 2,
      capped,
      now: clock.now(),
    })

  /** True when it is over, or live: the events between the checkpoint of its last page and now were all at hand. */
  const goLive = async (consumer: Consumer, checkpoint: Position): Promise<boolean> => {
    const { row } = consumer
    const memberships = row.kind === 'direct' ? [] : await view.memberships(row.queue, checkpoint)
    if (consumer.over) return true
    const recipients = recipientsOf(row)
    const viewer = makeViewer(row.queue, recipients, memberships)
    return join({ queue: row.queue, recipients, viewer, consumer }, checkpoint)
  }

  const advance = async (consumer: Consumer, first: boolean): Promise<Step> => {
    if (first) consumer.due = await head()
    const page = await readPage(consumer, first)
    if (!consumer.over) handOver.page(consumer, page)
    if (page.more) return 'more'
    return (await goLive(consumer, page.checkpoint)) ? 'done' : 'drained'
  }

  const takeStep = async (consumer: Consumer, first: boolean): Promise<Step> => {
    try {
      return await advance(consumer, first)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      logger.warn('queue not read', { error: String(error) })
      return first ? 'begin' : 'drained'
    }
  }

  return async (consumer) => {
    let step: Step = 'begin'
    for (;;) {
      await consumer.outlet.ready()
      const rung = advanced.arm()
      step = await takeStep(consumer, step === 'begin')
      if (consumer.over || step === 'done') return
      if (step !== 'more' && !handOver.hasEnough(consumer)) await rung
    }
  }
}
