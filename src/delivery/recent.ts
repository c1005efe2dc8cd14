/** The newest delivered events, bounded: what a queue replays that was read up to a checkpoint a little behind. */
import type { Position } from '../ports/position.js'
import type { Delivered } from './delivered.js'

export type Recent = {
  push(delivered: Delivered): void
  /** The events above a position, or undefined when some of them are no longer here. */
  above(position: Position): readonly Delivered[] | undefined
}

export type RecentBounds = { readonly events: number; readonly bytes: number }

/** `start`: where delivery began to follow the log. */
export const keepRecent = (start: Position, bounds: RecentBounds): Recent => {
  let kept: Delivered[] = []
  let first = 0
  let bytes = 0
  let floor = start

  const dropOldest = (): void => {
    while (kept.length - first > bounds.events || bytes > bounds.bytes) {
      const oldest = kept[first]
      if (oldest === undefined) break
      floor = oldest.position
      bytes -= oldest.weight
      first++
    }
    if (first <= bounds.events) return
    kept = kept.slice(first)
    first = 0
  }

  return {
    push: (delivered) => {
      kept.push(delivered)
      bytes += delivered.weight
      dropOldest()
    },
    above: (position) => {
      if (position < floor) return undefined
      let at = kept.length
      while (at > first && (kept[at - 1]?.position ?? position) > position) at--
      return kept.slice(at)
    },
  }
}
