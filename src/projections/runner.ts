/**
 * Keeps one read model level with the log: follows it, folds each batch over the touched rows, applies rows and
 * checkpoint together. An event that cannot be read is parked and reported, and the model shows as degraded.
 */
import type { Placed } from '../items/placed.js'
import { untilWoken } from '../ports/abort.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import { loudness } from '../ports/loudness.js'
import type { Position } from '../ports/position.js'
import { origin } from '../ports/position.js'
import type { Change, ReadModel } from '../ports/readModels.js'
import { makePace } from './pace.js'
import { keepParked } from './parked.js'
import type { Parking } from './parked.js'
import type { Projection } from './projection.js'
import { reached } from './reached.js'
import { takeSteps } from './steps.js'
import type { Steps } from './steps.js'
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

/** What a runner of a build can beside: stand still at a place, and tell of changes before they are made. */
export type BuildRunner = Runner & {
  /** Whether it is this process that moves the read model. */
  isRunning(): boolean
  /** Goes no further until it is released; resolves with where it stands. */
  hold(): Promise<Position>
  /** One that is held goes as far as this, and stands still again. */
  letTo(position: Position): void
  release(): void
  /** `before` is awaited with every batch of changes before it is applied. Answers how to stop. */
  watch(before: (changes: readonly Change[]) => Promise<void>): () => void
  /** Which of its parked events operators have skipped meanwhile. */
  readonly learn: () => Promise<void>
}

/** How a read model goes on that nobody waits for. */
export type Beside = {
  /** Where more are to come, no fewer events than this are applied at once: rows that many of them change are written once. */
  readonly gatherMin: number
  /** Awaited between two events: others have a turn once it is due. */
  readonly pause: () => Promise<void>
}

export type RunnerDependencies = {
  readonly projection: Projection
  readonly model: ReadModel
  readonly events: EventStore
  readonly clock: Clock
  readonly logger: Logger
  /** Where parked events outlive the process. */
  readonly parking?: Parking
  /** Where it answers nothing, all that come together are applied at once, and nobody has a turn meanwhile. */
  readonly beside?: () => Beside | undefined
}

const retryPauseMs = 500
/** A log of several processes brings events one by one, some ms apart; one of our own, what was written together. */
const paceMs = 10

export const makeRunner = (deps: RunnerDependencies): BuildRunner => {
  const { projection, model, events, clock, logger, beside } = deps
  const listeners = new Set<(checkpoint: Position) => void>()
  const watchers = new Set<(changes: readonly Change[]) => Promise<void>>()
  const parked = keepParked(projection.schema.name, deps)
  const pace = makePace(clock, events.exclusive ? 0 : paceMs)
  let checkpoint = 0 as Position
  let appliedAt = 0
  let applied = 0
  let running = false
  /** Nothing beyond it is applied; undefined: it is not held. */
  let limit: Position | undefined
  let wake = (): void => undefined
  let applying: Promise<unknown> = Promise.resolve()
  let steps: Steps | undefined

  const advance = (to: Position, batch: readonly StoredEvent[]): void => {
    checkpoint = to
    appliedAt = batch.at(-1)?.meta.at ?? appliedAt
    applied += batch.length
    for (const listener of listeners) listener(to)
  }

  /** False when an event was parked just now: its half-made changes are in the rows, so the batch starts again without it. */
  const projectAll = async (placed: readonly Placed[], rows: WorkingSet): Promise<boolean> => {
    const others = beside?.()
    for (const one of placed) {
      await others?.pause()
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

  const placeAll = async (batch: readonly StoredEvent[]): Promise<readonly Placed[]> => {
    const others = beside?.()
    const placed: Placed[] = []
    for (const event of batch) {
      await others?.pause()
      const one = parked.place(event)
      if (one !== undefined) placed.push(one)
    }
    return placed
  }

  /** False when another worker moved the rows, or one was parked: all is read again from the stored checkpoint. */
  const applyBatch = async (batch: readonly StoredEvent[], by: Steps): Promise<boolean> => {
    const last = batch.at(-1)
    if (last === undefined) return true
    const rows = workingSet(model, projection.schema.tables)
    const placed = await placeAll(batch)
    if (projection.touches !== undefined) {
      const { touches } = projection
      await rows.prefetch(placed.flatMap((one) => touches(one)))
    }
    if (!(await projectAll(placed, rows))) return false
    await parked.settle()
    const changes = rows.changes()
    for (const before of watchers) await before(changes)
    const { stream, revision, id } = last
    if (!(await by.take(changes, { to: last.position, last: { stream, revision, id } }))) return false
    advance(last.position, batch)
    return true
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    checkpoint = await model.checkpoint()
    advance(checkpoint, [])
    const exact = projection.exactCheckpoint ?? false
    steps = takeSteps({ model, clock, from: checkpoint, exact, signal })
    let gathered: readonly StoredEvent[] = []
    for await (const batch of events.follow({ after: checkpoint, signal })) {
      const began = clock.now()
      gathered = gathered.length === 0 ? batch.events : [...gathered, ...batch.events]
      if (!batch.live && gathered.length < (beside?.()?.gatherMin ?? 0)) continue
      if (!(await applyAll(gathered, signal, steps))) break
      gathered = []
      if (batch.live) await pace.rest(began, signal)
    }
    await steps.settle()
  }

  /** As far as it may go. False as `applyBatch`. */
  const applyAll = async (batch: readonly StoredEvent[], signal: AbortSignal, by: Steps): Promise<boolean> => {
    for (let done = 0; done < batch.length && !signal.aborted;) {
      const allowed = upToLimit(batch.slice(done), limit)
      if (allowed.length === 0) {
        await untilWoken(signal, (woken) => {
          wake = woken
          return () => undefined
        })
        continue
      }
      const applied = applyBatch(allowed, by)
      applying = applied.catch(() => undefined)
      if (!(await applied)) return false
      done += allowed.length
    }
    return true
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    running = true
    let loaded = false
    while (!signal.aborted) {
      try {
        if (!loaded) await parked.load(await model.checkpoint())
        loaded = true
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
  const moving = { clock, stands, isOurs: () => running, isEnding: () => false, onAdvance }

  const letTo = (position: Position | undefined): void => {
    limit = position
    wake()
  }

  return {
    run,
    isRunning: () => running,
    hold: async () => {
      letTo(origin)
      await applying
      await steps?.settle()
      return checkpoint
    },
    letTo,
    release: () => {
      letTo(undefined)
    },
    watch: (before) => {
      watchers.add(before)
      return () => void watchers.delete(before)
    },
    learn: () => parked.learn(),
    stands,
    onAdvance,
    reached: async (position, timeoutMs) =>
      checkpoint >= position || (await pace.hurry(() => reached(moving, position, timeoutMs))),
    status: () => ({ checkpoint, parked: parked.names(), appliedAt, applied }),
  }
}

const upToLimit = (batch: readonly StoredEvent[], limit: Position | undefined): readonly StoredEvent[] => {
  const last = batch.at(-1)
  if (limit === undefined || last === undefined || last.position <= limit) return batch
  return batch.filter(({ position }) => position <= limit)
}
