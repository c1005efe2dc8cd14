/**
 * The rows of pushes between the log and the store: events and what became of pushes change them in memory, one at a time, and are
 * written together with the checkpoint, so that what begins and ends within seconds is never written at all.
 */
import type { Checkpoints } from '../ports/checkpoints.js'
import type { Clock } from '../ports/clock.js'
import type { StoredEvent } from '../ports/eventStore.js'
import { toPosition } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import type { ReadModel } from '../ports/readModels.js'
import type { EventName } from '../ports/standing.js'
import { workingSet } from '../projections/workingSet.js'
import type { WorkingSet } from '../projections/workingSet.js'
import { newTurns } from '../structures/turns.js'
import { pushSchema, wakeOf } from './schema.js'

export type Ledger = {
  /** Work on the rows: none sees what another has done by half. */
  take<T>(work: (rows: WorkingSet) => Promise<T>): Promise<T>
  /** An event was folded, which looked at so many rows. */
  moved(to: StoredEvent, looked: number): void
  /** Rows in memory, and since when an event waits to be written, ms. */
  waiting(): { readonly rows: number; readonly since: number | undefined }
  /** Writes rows and checkpoint. Without an event since the last time there is no place for them to stand at: they wait. Throws Overtaken. */
  write(): Promise<void>
}

/** Another process has moved the rows: it has the lease. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

export type LedgerDependencies = {
  readonly model: ReadModel
  readonly checkpoints: Pick<Checkpoints, 'save'>
  readonly logId: string
  readonly clock: Pick<Clock, 'now'>
}

/** Up to where all is told that is to be: a rebuild tells only what came after it. */
export const toldCheckpoint = 'push'

export const openLedger = (deps: LedgerDependencies, begin: Position): Ledger => {
  const { model, checkpoints, logId, clock } = deps
  const turns = newTurns()
  let rows = workingSet(model, pushSchema.tables)
  let checkpoint = begin
  let folded = begin
  let last: EventName | undefined
  let looked = 0
  let since: number | undefined

  const write = async (): Promise<void> => {
    if (folded <= checkpoint) return
    const to = folded
    looked = 0
    since = undefined
    if ((await model.apply(rows.changes(), to, checkpoint, last)) === 'conflict') throw new Overtaken()
    checkpoint = to
    rows = workingSet(model, pushSchema.tables)
    await checkpoints.save(toldCheckpoint, logId, await told(model, to))
  }

  return {
    take: (work) => turns.take('rows', () => work(rows)),
    moved: ({ position, stream, revision, id }, rowsLooked) => {
      folded = position
      last = { stream, revision, id }
      looked += rowsLooked
      since ??= clock.now()
    },
    waiting: () => ({ rows: looked, since }),
    write: () => turns.take('rows', write),
  }
}

const told = async (model: ReadModel, checkpoint: Position): Promise<Position> => {
  const [row] = await model.range({ table: 'wakes', index: 'byWaiting', prefix: [], limit: 1 })
  const waiting = row === undefined ? undefined : wakeOf(row).waiting
  return waiting === undefined ? checkpoint : toPosition(Math.min(checkpoint, waiting - 1))
}
