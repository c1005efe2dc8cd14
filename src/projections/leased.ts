/** One worker at a time: runs work while this process holds a lease, and lets another take over when it dies. */
import { onAbort } from '../ports/abort.js'
import type { Clock } from '../ports/clock.js'
import type { Leases } from '../ports/leases.js'
import type { Logger } from '../ports/logger.js'
import { loudness } from '../ports/loudness.js'

/** How long a dead holder keeps the lease, and how often a live one renews it. */
const ttlMs = 10_000
const renewMs = 2_500

export type LeasedDependencies = {
  readonly leases: Leases
  readonly clock: Clock
  readonly logger: Logger
  /** This process. */
  readonly holder: string
}

/**
 * Runs `work` whenever `name` is ours, until `signal` aborts. `work` gets a signal of its own, which aborts as soon as
 * the lease could not be renewed in time: what it writes afterwards must be guarded by the store (checkpoints are).
 */
export const leased = async (
  name: string,
  { leases, clock, logger, holder }: LeasedDependencies,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const take = async (): Promise<boolean> => {
    try {
      return await leases.take(name, holder, ttlMs)
    } catch (error) {
      logger.warn('lease not taken', { name, error: String(error) })
      return false
    }
  }

  /** Renews until it fails for a whole ttl, then ends the term. */
  const hold = async (term: AbortController): Promise<void> => {
    let renewedAt = clock.now()
    for (;;) {
      await clock.sleep(renewMs, term.signal)
      if (term.signal.aborted) return
      if (await take()) renewedAt = clock.now()
      else if (clock.now() - renewedAt > ttlMs - 2 * renewMs) term.abort()
    }
  }

  while (!signal.aborted) {
    if (!(await take())) {
      await clock.sleep(renewMs, signal)
      continue
    }
    // Taking it may have lasted past the end.
    if (isOver(signal)) break
    const term = new AbortController()
    const end = (): void => {
      term.abort()
    }
    const unlisten = onAbort(signal, end)
    const holding = hold(term)
    try {
      await work(term.signal)
    } catch (error) {
      logger[loudness(error)]('work under a lease failed', { name, error: String(error) })
      await clock.sleep(renewMs, signal)
    }
    unlisten()
    term.abort()
    await holding
  }
  await leases.release(name, holder).catch((error: unknown) => {
    logger.warn('lease not released', { name, error: String(error) })
  })
}

const isOver = (signal: AbortSignal): boolean => signal.aborted
