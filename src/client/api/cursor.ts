/** What a cursor of the homeserver says to clients (docs/api.md, Cursors): its log, and which of two is later. */
import type { Cursor } from './caller.js'

/** Another one after the server was restored or moved: positions of two logs have nothing to do with each other. */
export const logOf = (cursor: Cursor): string => cursor.slice(0, cursor.indexOf('.'))

/** Grows along one log; 0 at its beginning. */
export const placeIn = (cursor: Cursor): number => Number.parseInt(cursor.split('.')[1] ?? '', 36)
