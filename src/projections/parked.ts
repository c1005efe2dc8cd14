/** The events that a projection could not take: left out, reported once each, and shown while the process runs. */
import { UnreadableEvent } from '../events/parser.js'
import { placedOf } from '../items/placed.js'
import type { Placed } from '../items/placed.js'
import type { StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'

type Place = { readonly stream: string; readonly revision: number }

export type Parked = {
  park(event: Place, why: unknown): void
  /** Parsed; undefined when it is parked, before or because it cannot be read. */
  place(event: StoredEvent): Placed | undefined
  /** stream@revision of each, newest last. */
  names(): readonly string[]
}

export const keepParked = (projection: string, logger: Logger): Parked => {
  const parked = new Set<string>()
  const nameOf = ({ stream, revision }: Place): string => `${stream}@${revision}`

  const park: Parked['park'] = (event, why) => {
    const { stream, revision } = event
    parked.add(nameOf(event))
    logger.error('event parked', { projection, stream, revision, error: String(why) })
  }

  return {
    park,
    place: (event) => {
      // Mostly there are none, and then no event needs its name.
      if (parked.size > 0 && parked.has(nameOf(event))) return undefined
      try {
        return placedOf(event)
      } catch (error) {
        if (!(error instanceof UnreadableEvent)) throw error
        park(event, error)
        return undefined
      }
    },
    names: () => [...parked],
  }
}
