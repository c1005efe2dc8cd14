/**
 * What stands noted beside a log that was imported: whether the import came to its end, and where the places are now that
 * its facts name by positions of the log they were first written to.
 */
import { z } from 'zod'
import { mapPositions, placeNow } from '../../events/form/positions.js'
import type { MovedPlaces } from '../../events/form/positions.js'
import type { Json } from '../../events/form/json.js'
import type { Batch, EventStore, StoredEvent } from '../../ports/eventStore.js'
import type { Position } from '../../ports/position.js'
import { StartupProblem } from '../process/startupProblem.js'

const noteName = 'import'
/** Well below the bytes of a note. */
const placesPerNote = 20_000

const whole = z.number().int().nonnegative()
/** Some of the places that are named in facts up to `until`: [as the facts say, as it is here]. */
export const somePlaces = z.strictObject({ until: whole, places: z.array(z.tuple([whole, whole])) })
type SomePlaces = z.infer<typeof somePlaces>
const state = z.strictObject({ import: z.enum(['begun', 'finished']), at: whole })

export type ImportedLog = { readonly unfinished: boolean; readonly moved: readonly MovedPlaces[] }

export const readImported = async (events: EventStore): Promise<ImportedLog> => {
  const notes = z.array(z.union([state, somePlaces])).parse(await events.notes(noteName))
  const last = notes.findLast((note) => 'import' in note)
  return { unfinished: last?.import === 'begun', moved: gatherPlaces(notes.filter((note) => 'places' in note)) }
}

/** Pieces as they were written, put together again. */
export const gatherPlaces = (pieces: readonly SomePlaces[]): readonly MovedPlaces[] => {
  const byUntil = new Map<number, Map<number, number>>()
  for (const { until, places } of pieces) {
    const known = byUntil.get(until) ?? new Map<number, number>()
    for (const [said, now] of places) known.set(said, now)
    byUntil.set(until, known)
  }
  return [...byUntil].map(([until, places]) => ({ until, places })).sort((one, other) => one.until - other.until)
}

/** A table in pieces that fit into a note. */
export const placesInPieces = (moved: readonly MovedPlaces[]): readonly SomePlaces[] =>
  moved.flatMap(({ until, places }) => {
    const all = [...places]
    const pieces = Array.from({ length: Math.max(1, Math.ceil(all.length / placesPerNote)) }, (_, n) =>
      all.slice(n * placesPerNote, (n + 1) * placesPerNote),
    )
    return pieces.map((piece) => ({ until, places: piece }))
  })

/** From here on no server starts on this log, until `noteImportFinished`. */
export const noteImportBegun = (events: EventStore, at: number): Promise<void> =>
  events.note(noteName, { import: 'begun', at })
export const noteImportFinished = (events: EventStore, at: number): Promise<void> =>
  events.note(noteName, { import: 'finished', at })
export const notePlaces = async (events: EventStore, moved: readonly MovedPlaces[]): Promise<void> => {
  for (const piece of placesInPieces(moved)) await events.note(noteName, piece)
}

/** The log as it is served: its facts name places of this log, whichever they were written to. Throws StartupProblem. */
export const logToServe = async (events: EventStore): Promise<EventStore> => {
  const { unfinished, moved } = await readImported(events)
  if (unfinished) {
    throw new StartupProblem(78, 'an import into this log did not come to its end: begin again with an empty one')
  }
  return moved.length === 0 ? events : withPlacesHere(events, moved)
}

const withPlacesHere = (events: EventStore, moved: readonly MovedPlaces[]): EventStore => {
  const here = (event: StoredEvent): StoredEvent => {
    if (event.position > (moved.at(-1)?.until ?? 0)) return event
    const data: Json = mapPositions(event, (position) => placeNow(moved, event.position, position))
    return data === event.data ? event : { ...event, data }
  }
  const allHere = (found: readonly StoredEvent[]): readonly StoredEvent[] => found.map(here)
  async function* follow(from: { readonly after: Position; readonly signal: AbortSignal }): AsyncGenerator<Batch> {
    for await (const { events: batch, live } of events.follow(from)) yield { events: allHere(batch), live }
  }
  return {
    ...events,
    readStream: async (stream, options) => allHere(await events.readStream(stream, options)),
    find: async (stream, id) => {
      const found = await events.find(stream, id)
      return found === undefined ? undefined : here(found)
    },
    last: async (stream) => {
      const last = await events.last(stream)
      return last === undefined ? undefined : here(last)
    },
    readAll: async (options) => allHere(await events.readAll(options)),
    follow,
  }
}
