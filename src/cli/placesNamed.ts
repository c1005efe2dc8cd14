/** The places that the facts of an export name by position, gathered before an import and found again on its way. */
import { groupShapes } from '../events/group.js'
import { messagesBeside } from '../events/messages.js'
import { placeNow, positionsIn } from '../events/form/positions.js'
import type { MovedPlaces } from '../events/form/positions.js'
import type { StoredEvent } from '../ports/eventStore.js'

/** Where messages ended that were forgotten: nothing else may stand there any more to find the place by. */
export type Forgotten = { readonly stream: string; readonly revision: number }

export type PlacesNamed = {
  /** To be asked about every event of the export, in order. */
  readonly see: (event: StoredEvent) => void
  /** Every place, as a position of the exported log, ascending. */
  readonly wanted: () => readonly number[]
  readonly forgottenAt: (position: number) => readonly Forgotten[]
  /** The table for the new log. `now`: where each of the wanted is; `head`: of the last event imported. */
  readonly moved: (now: ReadonlyMap<number, number>, head: number) => readonly MovedPlaces[]
}

/** `moved`: the table of the exported log itself, whose oldest facts may name places of a still earlier one. */
export const gatherPlacesNamed = (moved: readonly MovedPlaces[]): PlacesNamed => {
  const regions = [...moved.map(({ until }) => until), Infinity].map((until) => ({
    until,
    /** As facts say it, and as it is in the exported log. */
    said: new Map<number, number>(),
  }))
  const forgotten = new Map<number, Forgotten[]>()

  const see = (event: StoredEvent): void => {
    const region = regions.find(({ until }) => event.position <= until)
    // What lies beyond the fact itself is no place that it could know of.
    const inExport = (position: number): number => Math.min(event.position, placeNow(moved, event.position, position))
    for (const position of positionsIn(event)) region?.said.set(position, inExport(position))
    const expired =
      event.type === 'MessagesExpired' ? groupShapes.MessagesExpired.schema.safeParse(event.data) : undefined
    if (expired?.data?.upToPosition === undefined) return
    const { upToRevision, upToPosition } = expired.data
    const at = inExport(upToPosition)
    forgotten.set(at, [...(forgotten.get(at) ?? []), { stream: messagesBeside(event.stream), revision: upToRevision }])
  }

  const wanted = (): readonly number[] => {
    const all = new Set(moved.map(({ until }) => until))
    for (const { said } of regions) for (const position of said.values()) all.add(position)
    return [...all].sort((one, other) => one - other)
  }

  return {
    see,
    wanted,
    forgottenAt: (position) => forgotten.get(position) ?? [],
    moved: (now, head) =>
      regions.map(({ until, said }) => ({
        until: until === Infinity ? head : (now.get(until) ?? head),
        places: new Map([...said].map(([position, inExport]) => [position, now.get(inExport) ?? 0] as const)),
      })),
  }
}
