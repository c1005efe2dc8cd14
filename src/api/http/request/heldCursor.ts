/**
 * Cursors that clients pass back, held against the log: a position that the log has not reached was never given away by
 * it, and acknowledging it would empty a queue for good.
 */
import { readCursor } from '../../../items/cursor.js'
import type { CursorRead } from '../../../items/cursor.js'
import { origin } from '../../../ports/position.js'
import type { Position } from '../../../ports/position.js'

/** What `readCursor` says; a place beyond the log's end is another log's: cursor-expired. Throws StoreUnavailable. */
export type HeldCursor = (text: string) => Promise<CursorRead>

export type HeldCursorDependencies = { readonly logId: string; readonly head: () => Promise<Position> }

/** The log is asked for its head when a cursor is above what it had before, once for all who wait. */
export const heldCursors = ({ logId, head }: HeldCursorDependencies): HeldCursor => {
  let known: Position = origin
  let asking: Promise<void> | undefined

  const ask = async (): Promise<void> => {
    try {
      const now = await head()
      if (now > known) known = now
    } finally {
      asking = undefined
    }
  }

  return async (text) => {
    const read = readCursor(logId, text)
    if ('rejected' in read) return read
    // A read that was under way when we came may have begun before the position was written.
    if (read.position > known) await asking?.catch(() => undefined)
    if (read.position > known) await (asking ??= ask())
    return read.position > known ? { rejected: { code: 'cursor-expired' } } : read
  }
}
