/** One worker a peer: by a lease that is kept while there is something to send, and given back, with all that was heard recorded. */
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Leases } from '../../ports/leases.js'

/**
 * Runs the work for a peer where no other process does, and answers what it answers; 'elsewhere' where another does. `work` is told
 * when its term ends: then it records what it heard and sends nothing.
 */
export type Hold = (peer: Domain, work: (ends: boolean) => Promise<Served>) => Promise<Served | 'elsewhere'>

/** Whether there is more to send at once, something is waited for, or nothing is left. */
export type Served = 'more' | 'waits' | 'rests'

export const peerLease = (peer: string): string => `outbox ${peer}`

/** How long a dead holder keeps it, and how often a live one renews it while it works. */
const leaseMs = 10_000
const renewMs = 2_500
/** After so long others may have it: another process, and who turns to a rebuilt outbox. */
const termMsMax = 30_000
const restMs = 1_000

export type HoldDependencies = {
  readonly leases: Pick<Leases, 'take' | 'release'>
  /** This process. */
  readonly holder: string
  readonly clock: Pick<Clock, 'now' | 'sleep'>
}

export const holdPeers = ({ leases, holder, clock }: HoldDependencies): Hold => {
  const begun = new Map<Domain, number>()
  const restsSince = new Map<Domain, number>()

  const renewing = async (peer: Domain, work: Promise<Served>): Promise<Served> => {
    const over = new AbortController()
    const renewal = (async () => {
      for (;;) {
        await clock.sleep(renewMs, over.signal)
        if (over.signal.aborted) return
        await leases.take(peerLease(peer), holder, leaseMs).catch(() => false)
      }
    })()
    try {
      return await work
    } finally {
      over.abort()
      await renewal
    }
  }

  return async (peer, work) => {
    const now = clock.now()
    // A clock that leaps back makes no rest longer, and no term.
    if (Math.abs(now - (restsSince.get(peer) ?? -Infinity)) < restMs) return 'elsewhere'
    restsSince.delete(peer)
    if (!(await leases.take(peerLease(peer), holder, leaseMs))) {
      begun.delete(peer)
      return 'elsewhere'
    }
    const since = begun.get(peer) ?? now
    begun.set(peer, since)
    const ends = Math.abs(now - since) >= termMsMax
    const served = await renewing(peer, work(ends))
    if (served !== 'rests' && !ends) return served
    begun.delete(peer)
    if (ends) restsSince.set(peer, clock.now())
    await leases.release(peerLease(peer), holder)
    return served
  }
}
