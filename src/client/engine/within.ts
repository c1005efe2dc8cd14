/** The engine as one call has it that its application may call off: nothing is begun, asked or waited for after the signal. */
import { within } from '../transport/wait.js'
import type { Engine } from './engine.js'
import type { Locks } from './locks.js'

/** What the server was asked by then may still be done: a Commit or a message on its way is settled like one that a crash left. */
export const engineWithin = (engine: Engine, signal: AbortSignal): Engine => {
  const both = AbortSignal.any([engine.signal, signal])
  return {
    ...engine,
    signal: both,
    api: engine.apiWithin(both),
    locks: locksWithin(engine.locks, both),
    drain: () => within(both, engine.drain()),
    look: () => within(both, engine.look()),
  }
}

/** Whose turn comes too late does not take it; what has begun holds the turn until it has ended. */
const locksWithin = (locks: Locks, signal: AbortSignal): Locks => ({
  hold: (name, run) =>
    within(
      signal,
      locks.hold(name, async () => {
        signal.throwIfAborted()
        return run()
      }),
    ),
})
