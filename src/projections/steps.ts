/**
 * A read model moved on by its one worker. A batch that changes no row moves the stored checkpoint a little later, with
 * those that follow it: most events concern one read model of several, and each write wakes a thread, or a majority.
 */
import type { Clock } from '../ports/clock.js'
import type { Position } from '../ports/position.js'
import type { Change, ReadModel } from '../ports/readModels.js'
import type { EventName } from '../ports/standing.js'

export type Steps = {
  /** As `ReadModel.apply`, from where the step before ended. False once another worker moved the rows. */
  take(changes: readonly Change[], step: Step): Promise<boolean>
  /** Stores the checkpoint as far as steps were taken. */
  settle(): Promise<void>
}

/** Up to which event, in the log and by its name. */
export type Step = { readonly to: Position; readonly last: EventName }

/** How long a checkpoint alone may wait to be stored: other processes look every 20 ms. */
export const settleMs = 25
/** After so long one that could not be stored is tried again: where the log stands still nobody else would. */
export const settleAgainMs = 500

export type StepsDependencies = {
  readonly model: Pick<ReadModel, 'apply'>
  readonly clock: Clock
  readonly from: Position
  /** Each step is stored: its checkpoint is told to clients. */
  readonly exact: boolean
  readonly signal: AbortSignal
}

export const takeSteps = ({ model, clock, from, exact, signal }: StepsDependencies): Steps => {
  let stored = from
  let owed: Step | undefined
  let lost = false
  let waiting = false
  let writing: Promise<unknown> = Promise.resolve()

  const write = (changes: readonly Change[], { to, last }: Step): Promise<boolean> => {
    owed = undefined
    const written = writing.then(async () => {
      if (!lost) lost = (await model.apply(changes, to, stored, last)) === 'conflict'
      if (!lost) stored = to
      return !lost
    })
    writing = written.catch(() => undefined)
    return written
  }

  /** What could not be stored is owed still, unless more was taken meanwhile. */
  const settle = async (): Promise<void> => {
    const step = owed
    try {
      if (step !== undefined) await write([], step)
    } catch (error) {
      owed ??= step
      throw error
    }
    await writing
  }

  const settleSoon = async (afterMs: number): Promise<void> => {
    if (waiting) return
    waiting = true
    await clock.sleep(afterMs, signal)
    waiting = false
    // That it came too late, the next step finds out.
    if (!signal.aborted) await settle().catch(() => settleSoon(settleAgainMs))
  }

  return {
    take: (changes, step) => {
      if (exact || changes.length > 0) return write(changes, step)
      owed = step
      void settleSoon(settleMs)
      return Promise.resolve(!lost)
    },
    settle,
  }
}
