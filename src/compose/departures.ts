/** Whom other servers' groups are to let go of, asked for by one process at a time. */
import { makeAskHubs } from '../federation/departures/askHubs.js'
import type { AskHubs } from '../federation/departures/askHubs.js'
import { leased } from '../projections/leased.js'
import { loudness } from '../ports/loudness.js'
import type { Federation } from './federation.js'
import type { House } from './house.js'

export type DeparturesRooms = Pick<House, 'world' | 'foundation' | 'streams' | 'readModels' | 'holder'>

export type ComposedDepartures = Pick<AskHubs, 'showed'> & { readonly run: (signal: AbortSignal) => Promise<void> }

const lookMs = 1_000

export const composeDepartures = (rooms: DeparturesRooms, { others }: Federation): ComposedDepartures => {
  const { streams, readModels, holder } = rooms
  const { leases } = rooms.foundation.readSide
  const { clock, random, logger } = rooms.world
  const { round, showed } = makeAskHubs({
    departures: () => readModels.groups.departures(),
    decide: others.decide,
    streams,
    clock,
    random,
    logger,
  })
  const work = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await round().catch((error: unknown) => {
        logger[loudness(error)]('hubs were not asked, trying again', { error: String(error) })
      })
      await clock.sleep(lookMs, signal)
    }
  }
  return { showed, run: (signal) => leased('departures', { leases, clock, logger, holder }, work, signal) }
}
