/** The steps of a batch, each safe to repeat by anyone (readModels.ts explains). */
import type { Schema } from '../../ports/readModels.js'
import { durable, replicated, type MongoConnection } from './connection.js'
import type { PresentKeys } from './presentKeys.js'
import type { EventName } from '../../ports/standing.js'
import { batchParts, rowsOf, stateId, states, type Batch } from './readModelState.js'
import { writeRows, type RowChange } from './rows.js'

export type BatchSteps = {
  /** Step 1, in the tables' incarnation `of`. False when the checkpoint is elsewhere or a batch is under way. */
  decide(batch: Batch, rest: readonly (readonly RowChange[])[], expected: number, of: string): Promise<boolean>
  /** Step 2 for some of the changes, all tables at once; nothing is begun after `until` (ms since 1970). */
  write(batch: Batch, changes: readonly RowChange[], of: string, until: number): Promise<void>
  /** Step 3. It is done, too, when another worker has finished the batch; false when the tables were emptied meanwhile. */
  finish(batch: Batch, of: string): Promise<boolean>
  /** In place of all three, when no row changes. False as in step 1. */
  moveCheckpoint(position: number, expected: number, of: string, last?: EventName): Promise<boolean>
}

export const batchSteps = (connection: MongoConnection, schema: Schema, present: PresentKeys): BatchSteps => {
  const { call } = connection
  const _id = stateId(schema.name, schema.version)

  /** The state as it must be for a batch to begin. */
  const free = (expected: number, of: string) =>
    ({ _id, incarnation: of, checkpoint: expected, batch: { $exists: false } }) as const

  const dropParts = (batch: Batch) => call(() => batchParts(connection).deleteMany({ '_id.batch': batch.id }))

  return {
    decide: async (batch, rest, expected, of) => {
      for (const [part, changes] of rest.entries()) {
        const document = { _id: { batch: batch.id, part }, model: _id, position: batch.position, changes }
        await call(() => batchParts(connection).insertOne(document, durable))
      }
      const { matchedCount } = await call(() =>
        states(connection).updateOne(free(expected, of), { $set: { batch } }, durable),
      )
      if (matchedCount === 0 && rest.length > 0) await dropParts(batch)
      return matchedCount === 1
    },
    write: async ({ position }, changes, of, until) => {
      const written = Object.keys(schema.tables).map((table) =>
        call(() =>
          writeRows(rowsOf(connection, schema, of, table), {
            changes: changes.filter((change) => change.table === table),
            position,
            present: (key) => present.has(table, key),
            until,
          }),
        ),
      )
      await Promise.all(written)
    },
    finish: async (batch, of) => {
      const own = { _id, incarnation: of, 'batch.id': batch.id }
      const done = { $set: standing(batch.position, batch.last), $unset: { batch: '' } } as const
      const { matchedCount } = await call(() => states(connection).updateOne(own, done, replicated))
      if (batch.parts > 0) await dropParts(batch)
      if (matchedCount === 1) return true
      const beyond = { _id, incarnation: of, checkpoint: { $gte: batch.position } }
      return (await call((signal) => states(connection).findOne(beyond, { projection: { _id: 1 }, signal }))) !== null
    },
    moveCheckpoint: async (position, expected, of, last) => {
      const moved = { $set: standing(position, last) }
      const { matchedCount } = await call(() => states(connection).updateOne(free(expected, of), moved))
      return matchedCount === 1
    },
  }
}

const standing = (checkpoint: number, last: EventName | undefined) =>
  last === undefined ? { checkpoint } : { checkpoint, last }
