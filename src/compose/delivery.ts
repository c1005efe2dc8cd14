/** Delivery: one follow of the log from now on, the consumers of queues, and what knows where everything goes. */
import { fromEventPattern } from 'rxjs'
import type { Observable } from 'rxjs'
import { followedWith } from './policyInForce.js'
import type { PolicyInForce } from './policyInForce.js'
import type { ServedReadModels } from './stores/readModels.js'
import type { ReadSide } from './stores/stores.js'
import { keepOwnConsumers } from '../delivery/consumers.js'
import type { OwnConsumers } from '../delivery/consumers.js'
import type { LiveBatch } from '../delivery/delivered.js'
import { makeDelivery } from '../delivery/delivery.js'
import type { Delivery } from '../delivery/delivery.js'
import { paced } from '../delivery/flushPace.js'
import { liveLog } from '../delivery/liveLog.js'
import { makeSignal } from '../delivery/signal.js'
import type { Clock } from '../ports/clock.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Limits } from '../limits/limits.js'
import type { Logger } from '../ports/logger.js'
import type { OpenReference } from '../items/references.js'
import { queuesSchema } from '../projections/queues/schema.js'

export type DeliveryRooms = {
  readonly events: EventStore
  readonly readModels: ServedReadModels
  readonly openReference: OpenReference
  readonly logId: string
  readonly limits: Limits
  readonly policy: Pick<PolicyInForce, 'watching'>
  readonly clock: Clock
  readonly logger: Logger
}

export type ServedDelivery = { readonly delivery: Delivery; readonly live: Observable<LiveBatch> }

export const ownConsumersOf = (
  { consumers }: ReadSide,
  process: string,
  world: { readonly clock: Clock; readonly logger: Logger },
): OwnConsumers => keepOwnConsumers({ consumers, process, ...world })

/** Follows until the signal aborts. */
export const serveDelivery = async (rooms: DeliveryRooms, signal: AbortSignal): Promise<ServedDelivery> => {
  const { events, readModels, openReference: open, logId, limits, clock, logger } = rooms
  const start = await events.head()
  const followed = followedWith(events, rooms.policy)
  const live = liveLog(
    { events: followed, open, logId, logger, mayRepeat: !events.exclusive },
    { after: start, signal },
  )
  const runner = readModels.runners.find(({ name }) => name === queuesSchema.name)?.runner
  const advances = fromEventPattern(
    (listener) => runner?.onAdvance(listener),
    (_, stop?: () => void) => stop?.(),
  )
  const delivery = makeDelivery({
    live,
    start,
    view: readModels.queues,
    head: () => events.head(),
    logId,
    advanced: makeSignal(advances),
    pace: paced(),
    clock,
    limits,
    logger,
  })
  return { delivery, live }
}
