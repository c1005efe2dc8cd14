/** The newest delivered events, bounded: what a queue replays that was read up to a checkpoint a little behind. */
import type { Position } from '../ports/position.js'
import { keepTail } from '../structures/tail.js'
import type { Tail } from '../structures/tail.js'
import type { Delivered } from './delivered.js'

export type Recent = Tail<Delivered, Position>

export type RecentBounds = { readonly events: number; readonly bytes: number }

/** `start`: where delivery began to follow the log. */
export const keepRecent = (start: Position, { events, bytes }: RecentBounds): Recent =>
  keepTail({
    start,
    countMax: events,
    weightMax: bytes,
    placeOf: ({ position }) => position,
    weightOf: ({ weight }) => weight,
  })
