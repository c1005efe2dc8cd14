/** The log from now on, as batches of what is to be delivered: one follow per process, whoever is connected. */
import { defer, filter, from, map, share } from 'rxjs'
import type { Observable } from 'rxjs'
import { UnreadableEvent } from '../events/form/parser.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import type { Position } from '../ports/position.js'
import { deliveredOf } from './delivered.js'
import type { Delivered, Delivering, LiveBatch } from './delivered.js'
import { notSeenBefore } from './notSeenBefore.js'

export type LiveLogDependencies = Delivering & {
  readonly events: Pick<EventStore, 'follow'>
  readonly logger: Logger
  /** The store may let a message in again under the same event id. */
  readonly mayRepeat: boolean
}

/** Completes when the signal aborts. */
export const liveLog = (
  deps: LiveLogDependencies,
  options: { readonly after: Position; readonly signal: AbortSignal },
): Observable<LiveBatch> => {
  const isNew = deps.mayRepeat ? notSeenBefore() : () => true
  return defer(() => from(deps.events.follow(options))).pipe(
    filter(({ events }) => events.length > 0),
    map(({ events }) => ({
      delivered: events.filter(isNew).flatMap((event) => readable(event, deps)),
      upTo: events.at(-1)?.position ?? options.after,
      ...fromHubs(events),
    })),
    share(),
  )
}

const fromHubs = (events: readonly StoredEvent[]): Pick<LiveBatch, 'fromHubs'> => {
  const found = events.flatMap(({ meta: { hub, cause }, position }) =>
    hub === undefined || cause === undefined ? [] : [{ id: cause, position }],
  )
  return found.length === 0 ? {} : { fromHubs: found }
}

/** What cannot be read is shown to nobody; the projection parks and reports it. */
const readable = (event: StoredEvent, deps: LiveLogDependencies): readonly Delivered[] => {
  try {
    return [deliveredOf(event, deps)]
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error
    const { stream, revision } = event
    deps.logger.error('event not delivered', { stream, revision, error: String(error) })
    return []
  }
}
