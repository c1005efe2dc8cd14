/** An item ready to leave: its JSON with its position as a cursor, made once for everybody who is to get it. */
import type { Position } from '../../ports/position.js'
import { writeCursor } from '../cursor.js'

export type Frame = {
  readonly position: Position
  /** The item as JSON, UTF-8. */
  readonly bytes: Buffer
  /** Of an application message: which memberships may see it, its place among the group's messages, and its age. */
  readonly message?: { readonly epoch: bigint; readonly count: number; readonly at: number }
}

/** Adds `position` to an item's JSON text, which ends with a brace. */
export const frameBytes = (item: string, logId: string, position: Position): Buffer =>
  Buffer.from(`${item.slice(0, -1)},"position":"${writeCursor(logId, position)}"}`)
