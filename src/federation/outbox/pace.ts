/** No more requests to a peer than it takes of one that it knows: beyond that they are refused, and all that is to be sent waits. */
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Notify } from '../item.js'

/** Its budget has room for what else it is asked (`requestsPerPeer`). */
const everyMs = 12.5
const atOnceMs = 80 * everyMs

/** What is waited for is over once `signal` aborts. */
export const paced = (notify: Notify, clock: Pick<Clock, 'now' | 'sleep'>, signal: AbortSignal): Notify => {
  /** When a peer would have been asked last, had it been asked evenly, ms. */
  const asked = new Map<Domain, number>()
  return async (peer, group, items) => {
    const now = clock.now()
    const last = asked.get(peer) ?? -Infinity
    // So far ahead lies no line, but a clock that leapt back.
    const due = Math.max(last > now + atOnceMs ? -Infinity : last, now - atOnceMs) + everyMs
    asked.set(peer, due)
    if (due > now) await clock.sleep(due - now, signal)
    return notify(peer, group, items)
  }
}
