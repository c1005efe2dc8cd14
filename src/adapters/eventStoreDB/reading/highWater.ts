/** How far this process has seen the log, to tell an append that was written now from one that stood there already. */
import { origin, type Position } from '../../../ports/position.js'
import { keepNewest } from '../../../structures/newest.js'
import { positionOf } from './recordedEvent.js'
import type { Reads } from './reads.js'

export type HighWater = {
  /** The newest position seen; reads the log's end the first time. Throws StoreUnavailable. */
  known(): Promise<Position>
  /** The same without a word to the store; undefined when nothing was seen yet. */
  seen(): Position | undefined
  see(position: Position): void
  /** Sees the place of an append; false when another append of this process was told the same. */
  claim(position: Position): boolean
}

/** Places kept: more than can be between an append and a retry that was sent before its answer. */
const claimsMax = 8_192

export const createHighWater = (reads: Reads): HighWater => {
  const claims = keepNewest<Position, true>(claimsMax)
  let newest: Position | undefined
  let finding: Promise<Position> | undefined

  const see = (position: Position): void => {
    if (newest === undefined || position > newest) newest = position
  }

  const find = async (): Promise<Position> => {
    const event = await reads.newestOfAll()
    const position = event === undefined ? origin : positionOf(event)
    see(position)
    return position
  }

  const known = async (): Promise<Position> => {
    if (newest !== undefined) return newest
    finding ??= find().finally(() => {
      finding = undefined
    })
    return finding
  }

  const claim = (position: Position): boolean => {
    see(position)
    if (claims.has(position)) return false
    claims.set(position, true)
    return true
  }

  return { known, seen: () => newest, see, claim }
}
