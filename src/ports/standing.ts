/** How far something that follows a log says it is. Whoever is further than the log has followed one that is no more. */
import type { Position } from './position.js'

/** The event at which it stands, by its place in its stream: that outlives a truncation, and tells one history from another. */
export type EventName = { readonly stream: string; readonly revision: number; readonly id: string }

export type Standing = {
  /** For people. */
  readonly name: string
  readonly logId: string
  readonly position: Position
  /** Undefined where an older build moved it, or nothing is remembered but the position. */
  readonly last?: EventName
}
