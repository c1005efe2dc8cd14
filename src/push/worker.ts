/**
 * Wakes those who are away: follows the log, keeps who is to be woken as rows, and pushes to them. One process at a time does so, by
 * lease. A crash pushes again what it had not written down, and forgets nothing (docs/decisions/0011).
 */
import { leased } from '../projections/leased.js'
import type { LeasedDependencies } from '../projections/leased.js'
import { keepParked } from '../projections/parked.js'
import type { Position } from '../ports/position.js'
import { attempt } from './attempt.js'
import type { AttemptDependencies } from './attempt.js'
import { keepCounts } from './counts.js'
import type { PushCounts } from './counts.js'
import { serveTerm } from './term.js'
import type { TermDependencies } from './term.js'

export type PushWorkerDependencies = LeasedDependencies &
  AttemptDependencies &
  Omit<TermDependencies, 'attempt' | 'counts' | 'parked'>

export type PushWorker = {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  /** Since the start of this process, whoever has the lease. */
  counts(): PushCounts
  /** Events that could not be read: stream@revision. */
  parked(): readonly string[]
  /** Up to where it is written down what became of pushes, by whichever process. */
  stands(): Promise<Position>
}

export const makePushWorker = (deps: PushWorkerDependencies): PushWorker => {
  const counts = keepCounts()
  const parked = keepParked('push', { logger: deps.logger, clock: deps.clock })
  const term: TermDependencies = {
    ...deps,
    counts,
    parked,
    attempt: (wake, receiver, signal) => attempt(deps, wake, receiver, signal),
  }
  return {
    run: (signal) => leased('push', deps, (during) => serveTerm(term, during), signal),
    counts: counts.now,
    parked: () => parked.names(),
    stands: () => deps.model.checkpoint(),
  }
}
