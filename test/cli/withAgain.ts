/** A log that holds events twice under one id, as EventStoreDB may where a leader died between write and answer. */
import type { StoredEvent } from '#src/ports/eventStore.js'
import type { Position } from '#src/ports/position.js'

/** The same log with the events at these places once more, right behind: later positions and revisions move on. */
export const withAgain = (log: readonly StoredEvent[], places: readonly number[]): readonly StoredEvent[] => {
  const revisions = new Map<string, number>()
  return log
    .flatMap((event, n) => (places.includes(n) ? [event, event] : [event]))
    .map((event, n) => {
      const revision = (revisions.get(event.stream) ?? -1) + 1
      revisions.set(event.stream, revision)
      return { ...event, revision, position: (n + 1) as Position }
    })
}
