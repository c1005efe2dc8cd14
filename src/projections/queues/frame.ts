/** An item ready to leave: its JSON with its position as a cursor, made once for everybody who is to get it. */
import { toPosition } from '../../ports/position.js'
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

/**
 * Frames of one queue, in order. Where several stand at one position, all but the last say the position before it: a
 * client that was cut off between them goes on from a cursor that shows it the rest.
 */
export const spreadPositions = (frames: readonly Frame[], logId: string): readonly Frame[] => {
  const isShared = (index: number): boolean => frames[index + 1]?.position === frames[index]?.position
  if (!frames.some((_, index) => isShared(index))) return frames
  return frames.map((frame, index) => (isShared(index) ? withEarlierCursor(frame, logId) : frame))
}

const withEarlierCursor = (frame: Frame, logId: string): Frame => {
  const written = Buffer.byteLength(`,"position":"${writeCursor(logId, frame.position)}"}`)
  const item = frame.bytes.subarray(0, frame.bytes.length - written)
  return { ...frame, bytes: frameBytes(`${item.toString()}}`, logId, toPosition(frame.position - 1)) }
}
