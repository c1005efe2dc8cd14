/** A parsed event with its place in the log: what projections, delivery and reactions are given. */
import { parseAnyEvent } from '../events/anyEvent.js'
import type { AnyEvent } from '../events/anyEvent.js'
import type { StoredEvent } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'

export type Placed<Event = AnyEvent> = {
  readonly event: Event
  readonly position: Position
  readonly stream: string
  readonly revision: number
  readonly id: string
  /** meta.at: ms since 1970. */
  readonly at: number
}

/** Throws UnreadableEvent. */
export const placedOf = (stored: StoredEvent): Placed => {
  const { position, stream, revision, id, meta } = stored
  return { event: parseAnyEvent(stored), position, stream, revision, id, at: meta.at }
}
