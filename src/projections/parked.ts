/** The events that a projection could not take: left out, reported once each, and kept with the reason until its next rebuild. */
import { UnreadableEvent } from '../events/form/parser.js'
import { placedOf } from '../items/placed.js'
import type { Placed } from '../items/placed.js'
import type { Clock } from '../ports/clock.js'
import type { StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import type { Position } from '../ports/position.js'
import type { ParkedEvent } from './builds/records.js'

type Place = Pick<StoredEvent, 'stream' | 'revision' | 'position'>

/** Where they outlive the process. */
export type Parking = {
  readonly load: () => Promise<readonly ParkedEvent[]>
  readonly park: (events: readonly ParkedEvent[]) => Promise<void>
  readonly unpark: (positions: readonly number[]) => Promise<void>
}

export type Parked = {
  park(event: Place, why: unknown): void
  /** Parsed; undefined when it is parked, before or because it cannot be read. */
  place(event: StoredEvent): Placed | undefined
  /** stream@revision of each that counts, newest last. */
  names(): readonly string[]
  /** What was parked before this run; those above the checkpoint are tried again. */
  load(checkpoint: Position): Promise<void>
  /** Writes down what was parked since: before the checkpoint goes past it. */
  settle(): Promise<void>
  /** Which of them operators have skipped meanwhile. */
  learn(): Promise<void>
}

export type ParkedDependencies = { readonly logger: Logger; readonly clock: Clock; readonly parking?: Parking }

export const keepParked = (projection: string, { logger, clock, parking }: ParkedDependencies): Parked => {
  const parked = new Map<string, ParkedEvent>()
  let unsettled: ParkedEvent[] = []
  const nameOf = ({ stream, revision }: Pick<Place, 'stream' | 'revision'>): string => `${stream}@${revision}`

  const park: Parked['park'] = (event, why) => {
    const { stream, revision, position } = event
    const one = { stream, revision, position, why: String(why), at: clock.now() }
    parked.set(nameOf(event), one)
    unsettled.push(one)
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
    names: () => [...parked.values()].filter(({ skipped }) => skipped === undefined).map(nameOf),
    load: async (checkpoint) => {
      if (parking === undefined) return
      const all = await parking.load()
      await parking.unpark(all.flatMap(({ position }) => (position > checkpoint ? [position] : [])))
      parked.clear()
      unsettled = []
      for (const one of all) if (one.position <= checkpoint) parked.set(nameOf(one), one)
    },
    settle: async () => {
      if (unsettled.length === 0) return
      await parking?.park(unsettled)
      unsettled = []
    },
    learn: async () => {
      if (parking === undefined || parked.size === 0) return
      for (const one of await parking.load()) if (parked.has(nameOf(one))) parked.set(nameOf(one), one)
    },
  }
}
