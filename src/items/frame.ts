/** An item ready to leave: its JSON with its position as a cursor, made once for everybody who is to get it. */
import type { Position } from '../ports/position.js'
import { writeCursor, writeCursorWithin } from './cursor.js'

export type Frame = {
  readonly position: Position
  /** The item as JSON, UTF-8. */
  readonly bytes: Buffer
  /** Of an application message: which memberships may see it, its place among the group's messages, and its age. */
  readonly message?: {
    readonly epoch: bigint
    readonly count: number
    readonly at: number
    /** Its sender would have nobody woken by it. */
    readonly silent?: true
    readonly targets?: readonly number[]
  }
}

/** Adds `position` to an item's JSON text, which ends with a brace. */
export const frameBytes = (item: string, logId: string, position: Position): Buffer =>
  withCursor(item, writeCursor(logId, position))

const withCursor = (item: string, cursor: string): Buffer => Buffer.from(`${item.slice(0, -1)},"position":"${cursor}"}`)

/**
 * Frames of one queue, in order. Where several stand at one position, all but the last get a cursor from which the
 * position is shown again: a client that was cut off between them misses nothing.
 */
export const spreadPositions = (frames: readonly Frame[], logId: string): readonly Frame[] => {
  const isShared = (index: number): boolean => frames[index + 1]?.position === frames[index]?.position
  if (!frames.some((_, index) => isShared(index))) return frames
  let nth = 0
  return frames.map((frame, index) => {
    nth = isShared(index) ? nth + 1 : 0
    return nth === 0 ? frame : withEarlierCursor(frame, logId, nth)
  })
}

const withEarlierCursor = (frame: Frame, logId: string, nth: number): Frame => {
  const written = Buffer.byteLength(`,"position":"${writeCursor(logId, frame.position)}"}`)
  const item = frame.bytes.subarray(0, frame.bytes.length - written).toString()
  return { ...frame, bytes: withCursor(`${item}}`, writeCursorWithin(logId, frame.position, nth)) }
}
