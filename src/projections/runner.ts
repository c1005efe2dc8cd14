/**
 * Keeps one read model level with the log: follows it, folds each batch over the touched rows, applies rows and
 * checkpoint together. An event that cannot be read is parked and reported, and the model shows as degraded.
 */
import { UnreadableEvent } from '../events/parser.js'
import { placedOf } from '../items/placed.js'
import type { Placed } from '../items/placed.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import type { Position } from '../ports/position.js'
import type { ReadModel } from '../ports/readModels.js'
import type { Projection } from './projection.js'
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
/** How often a process that does not run the projection looks where it stands, while somebody waits. */
const pollMs = 20

export const makeRunner = ({ projection, model, events, clock, logger }: RunnerDependencies): Runner => {
  const listeners = new Set<(checkpoint: Position) => void>()
  const parked = new Set<string>()
  let checkpoint = 0 as Position
  let appliedAt = 0
  let applied = 0
  let running = false

  const park = (event: { readonly stream: string; readonly revision: number }, why: unknown): void => {
    const { stream, revision } = event
    parked.add(`${stream}@${revision}`)
    logger.error('event parked', { projection: projection.schema.name, stream, revision, error: String(why) })
  }

  const place = (event: StoredEvent): Placed | undefined => {
    if (parked.has(`${event.stream}@${event.revision}`)) return undefined
    try {
      return placedOf(event)
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error
      park(event, error)
      return undefined
    }
  }

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
        park(one, error)
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
    const placed = batch.flatMap((event) => place(event) ?? [])
    if (projection.touches !== undefined) {
      const { touches } = projection
      await rows.prefetch(placed.flatMap((one) => touches(one)))
    }
    if (!(await projectAll(placed, rows))) return false
    const outcome = await model.apply(rows.changes(), last.position, checkpoint)
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
        logger.error('projection stopped, trying again', { projection: projection.schema.name, error: String(error) })
        await clock.sleep(retryPauseMs, signal)
      }
    }
    running = false
  }

  const onAdvance: Runner['onAdvance'] = (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Where the read model stands, whichever process moves it. */
  const stands = async (): Promise<Position> => (running ? checkpoint : model.checkpoint())

  const reached: Runner['reached'] = async (position, timeoutMs) => {
    if (checkpoint >= position) return true
    const deadline = clock.now() + timeoutMs
    const waiting = new AbortController()
    const over = clock.sleep(timeoutMs, waiting.signal)
    // One listener for as long as it takes: under load a read model advances a hundred times a second.
    let wake = (): void => undefined
    const stopListening = onAdvance(() => {
      wake()
    })
    try {
      for (;;) {
        const advanced = new Promise<void>((resolve) => {
          wake = resolve
        })
        if ((await stands()) >= position) return true
        if (clock.now() >= deadline) return false
        await Promise.race([advanced, running ? over : clock.sleep(pollMs, waiting.signal)])
      }
    } finally {
      stopListening()
      waiting.abort()
    }
  }

  return { run, reached, stands, onAdvance, status: () => ({ checkpoint, parked: [...parked], appliedAt, applied }) }
}
