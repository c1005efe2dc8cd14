/** Where a page of revoked certificates ends: a place in the log, and which of those that stand there. */
import { writeCursor } from '../../../items/cursor.js'
import { toPosition } from '../../../ports/position.js'
import type { CursorRead } from '../../../items/cursor.js'
import type { HeldCursor } from './heldCursor.js'

type Place = { readonly position: number; readonly serial: string }

export const writeSerialCursor = (logId: string, { position, serial }: Place): string =>
  `${serial}.${writeCursor(logId, toPosition(position))}`

export const readSerialCursor = async (
  heldCursor: HeldCursor,
  cursor: string,
): Promise<Place | Extract<CursorRead, { readonly rejected: unknown }>> => {
  const dot = cursor.indexOf('.')
  const read = await heldCursor(cursor.slice(dot + 1))
  return 'rejected' in read ? read : { position: read.position, serial: cursor.slice(0, dot) }
}
