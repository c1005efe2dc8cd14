/** Names that were just resolved are not asked for again, and who asks meanwhile waits for the same answer. */
import { keepNewest } from '../../structures/newest.js'
import type { Resolve } from './resolve.js'

const keptMs = 30_000
const namesMax = 2_000

/** Failures are not remembered. `now`: ms of a clock that does not leap. */
export const remembered = (resolve: Resolve, now: () => number): Resolve => {
  const known = keepNewest<string, { readonly found: Promise<readonly string[]>; readonly until: number }>(namesMax)
  return async (host) => {
    const kept = known.get(host)
    if (kept !== undefined && kept.until > now()) return kept.found
    const found = resolve(host)
    known.set(host, { found, until: now() + keptMs })
    try {
      return await found
    } catch (error) {
      known.delete(host)
      throw error
    }
  }
}
