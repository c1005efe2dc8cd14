/** A cursor as clients see it: a log position with the log's id, opaque; another log's cursor is expired, never silent loss. */
import { toPosition } from '../ports/position.js'
import type { Position } from '../ports/position.js'

export type CursorRead =
  | { readonly position: Position }
  | { readonly rejected: { readonly code: 'cursor-expired' } | { readonly code: 'malformed'; readonly detail: string } }

export const writeCursor = (logId: string, position: Position): string => `${logId}.${position.toString(36)}`

/**
 * The cursor of an item that is not the last one at its position: it goes on from the position before, so that whoever
 * was cut off in between is shown the rest, and `index` keeps it apart from every other.
 */
export const writeCursorWithin = (logId: string, position: Position, index: number): string =>
  `${writeCursor(logId, toPosition(position - 1))}.${index}`

export const readCursor = (logId: string, text: string): CursorRead => {
  const parts = /^([A-Za-z0-9_-]{1,64})\.([0-9a-z]{1,11})(?:\.[0-9]{1,4})?$/.exec(text)
  const value = Number.parseInt(parts?.[2] ?? '', 36)
  if (parts === null || !Number.isSafeInteger(value)) {
    return { rejected: { code: 'malformed', detail: 'not a cursor of this server: pass back what it gave you' } }
  }
  return parts[1] === logId ? { position: toPosition(value) } : { rejected: { code: 'cursor-expired' } }
}
