/** Where in the log a command came to stand, and when: what its answer says as `position`, a cursor, and `serverTime`. */
import { writeCursor } from '../../items/cursor.js'
import type { Position } from '../../ports/position.js'

export type Place = { readonly position: Position; /** ms since 1970 */ readonly at: number }

/** What became of a command: where it stands, and whether it did before it was asked for now. */
export type Recorded = Place & { readonly repeated: boolean }

/** As its route replies it, and nothing else of the outcome. */
export const recordedIn = ({
  position,
  at,
  repeated,
}: Recorded): { readonly place: Place; readonly repeated: boolean } => ({
  place: { position, at },
  repeated,
})

/** As clients are told it, here and on websockets. */
export const placeIn = (
  logId: string,
  { position, at }: Place,
): { readonly position: string; readonly serverTime: number } => ({
  position: writeCursor(logId, position),
  serverTime: at,
})
