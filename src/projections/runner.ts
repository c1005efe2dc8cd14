/**
 * Keeps one read model level with the log: follows it, folds each batch over the touched rows, applies rows and
 * checkpoint together. An event that cannot be read is parked and reported, and the model shows as degraded.
 */
import type { Placed } from '../items/placed.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import { loudness } from '../ports/loudness.js'
import type { Position } from '../ports/position.js'
import type { ReadModel } from '../ports/readModels.js'
import { keepParked } from './parked.js'
import type { Projection } from './projection.js'
import { reached } from './reached.js'
import { workingSet } from './workingSet.js'
import type { WorkingSet } from './workingSet.js'

export type RunnerStatus = {
  readonly checkpoint: Position
  /** Parked events: stream@revision of each, newest last. */
  readonly parked: readonly string[]
  /** The log time (meta.at) of the newest applied event. */
  readonly appliedAt: number
  readonly applied: number
}

export type Runner = {
  /** Runs until the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>
  status(): RunnerStatus
  /** Where the read model stands, whichever process moves it. */
  stands(): Promise<Position>
  /** Resolves once the checkpoint is at least `position`; false when `timeoutMs` passed first. */
  reached(position: Position, timeoutMs: number): Promise<boolean>
  /** Called after every applied batch with the new checkpoint. */
  onAdvance(listener: (checkpoint: Position) => void): () => void
}

export type RunnerDependencies = {
  readonly projection: Projection
  readonly model: ReadModel
  readonly events: EventStore
  readonly clock: Clock
  readonly logger: Logger
}

const retryPauseMs = 500

export const makeRunner = ({ projection, model, events, clock, logger }: RunnerDependencies): Runner => {
  const listeners = new Set<(checkpoint: Position) => void>()
  const parked = keepParked(projection.schema.name, logger)
  let checkpoint = 0 as Position
  let appliedAt = 0
  let applied = 0
  let running = false

  const advance = (to: Position, batch: readonly StoredEvent[]): void => {
    checkpoint = to
    appliedAt = batch.at(-1)?.meta.at ?? appliedAt
    applied += batch.length
    for (const listener of listeners) listener(to)
  }

  /** False when an event was parked just now: its half-made changes are in the rows, so the batch starts again without it. */
  const projectAll = async (placed: readonly Placed[], rows: WorkingSet): Promise<boolean> => {
    for (const one of placed) {
      try {
        await projection.project(one, rows)
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error
        parked.park(one, error)
        return false
      }
    }
    return true
  }

  /** False when another worker moved the rows, or one was parked: all is read again from the stored checkpoint. */
  const applyBatch = async (batch: readonly StoredEvent[]): Promise<boolean> => {
    const last = batch.at(-1)
    if (last === undefined) return true
    const rows = workingSet(model, projection.schema.tables)
    const placed = batch.flatMap((event) => parked.place(event) ?? [])
    if (projection.touches !== undefined) {
      const { touches } = projection
      await rows.prefetch(placed.flatMap((one) => touches(one)))
    }
    if (!(await projectAll(placed, rows))) return false
    const { stream, revision, id } = last
    const outcome = await model.apply(rows.changes(), last.position, checkpoint, { stream, revision, id })
    if (outcome === 'conflict') return false
    advance(last.position, batch)
    return true
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    checkpoint = await model.checkpoint()
    advance(checkpoint, [])
    for await (const batch of events.follow({ after: checkpoint, signal })) {
      if (!(await applyBatch(batch.events))) return
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    running = true
    while (!signal.aborted) {
      try {
        await follow(signal)
      } catch (error) {
        logger[loudness(error)]('projection stopped, trying again', {
          projection: projection.schema.name,
          error: String(error),
        })
        await clock.sleep(retryPauseMs, signal)
      }
    }
    running = false
  }

  const onAdvance: Runner['onAdvance'] = (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  const stands = async (): Promise<Position> => (running ? checkpoint : model.checkpoint())
  const moving = { clock, stands, isOurs: () => running, onAdvance }

  return {
    run,
    stands,
    onAdvance,
    reached: async (position, timeoutMs) => checkpoint >= position || (await reached(moving, position, timeoutMs)),
    status: () => ({ checkpoint, parked: parked.names(), appliedAt, applied }),
  }
}
