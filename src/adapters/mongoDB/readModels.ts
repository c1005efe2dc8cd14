/**
 * Read models in MongoDB: exactly once in effect, on a lone server as on a replica set, without transactions.
 *
 * One document per read model, its *state*, holds the checkpoint and at most one batch under way. A batch passes through
 * three steps, each safe to repeat by anyone:
 *
 *   1. *decide*: the whole batch (rows as they shall be) goes into the state in one compare-and-set: the checkpoint is
 *      `expected` and no batch is under way. It is confirmed by the majority and the journal.
 *   2. *write*: each row once, where its position is below the batch's (rows.ts); removals leave tombstones.
 *   3. *finish*: a second compare-and-set moves the checkpoint and takes the batch out.
 *
 * Why this holds:
 * - Batches form one sequence, because step 1 is a compare-and-set on one document. Each was folded from the tables as
 *   they stood at `expected`: whoever read anything else finds another checkpoint, or a batch under way, and is told
 *   'conflict'. That includes a reader who saw half of a batch: since rows are written only after a step 1 that no
 *   crash or failover takes back, the batch half of which was seen is still there, or done, when the reader's turn comes.
 * - A crash (ours or the server's) between any two steps leaves the batch in the state. The next worker's step 1 is
 *   refused, it finishes the batch it finds, answers 'conflict', and its caller loads the checkpoint and folds again.
 *   The events are not folded onto rows that already hold them, so a fold need not know the positions of rows, and may
 *   read one row to change another.
 * - Two workers writing the same batch write the same documents. A former worker that was paused, or a write that timed
 *   out and lands late, meets rows at or above its own position and changes nothing; what its successor removed is a
 *   tombstone for an hour, and after a pause of ten minutes it writes no more.
 * - A failover takes no step back that another one was built on: rows are with the majority before the checkpoint moves
 *   over them (else the new primary could finish a batch whose rows went with the old one), and the checkpoint is before the
 *   parts of its batch are dropped. None of it waits for a journal: after a loss of power each member has a beginning of
 *   the same sequence, and while the batch is in the state it is written again.
 * - Another log, or a rebuild after the state was deleted, gets collections of its own (named by an `incarnation`), so that nothing late
 *   can land in them.
 *
 * Rows become visible in any order, before the checkpoint: a reader must not use anything past the checkpoint it has read
 * (docs/architecture.md, What holds it together, 5; docs/decisions/0005).
 */
import { randomBytes } from 'node:crypto'
import { toPosition } from '../../ports/position.js'
import type { ReadModels, Schema } from '../../ports/readModels.js'
import { checkSchema } from '../readModelRequests.js'
import { durable, type MongoConnection } from './connection.js'
import { batchParts, collectionPrefix, rowsOf, states, stateId, type State } from './readModelState.js'
import { mongoReadModel } from './readModel.js'
import { createIndexes } from './rows.js'
import { isDuplicateKey } from './storeErrors.js'

export const mongoReadModels = (connection: MongoConnection): ReadModels => ({
  description: connection.description,
  open: async (schema, logId) => {
    checkSchema(schema)
    const state = await openState(connection, schema, logId)
    return mongoReadModel(connection, schema, state)
  },
  standings: async () => {
    const projection = { logId: 1, checkpoint: 1, last: 1 }
    const found = await connection.call((signal) => states(connection).find({}, { projection, signal }).toArray())
    return found.map(({ _id, logId, checkpoint, last }) => ({
      ...{ name: _id, logId, position: toPosition(checkpoint) },
      ...(last === undefined ? {} : { last }),
    }))
  },
  close: () => Promise.resolve(),
})

type OpenState = Pick<State, '_id' | 'incarnation' | 'checkpoint'>

/** The state of this schema for this log: found, or made anew with empty tables in place of another log's. */
const openState = async (connection: MongoConnection, schema: Schema, logId: string): Promise<OpenState> => {
  const _id = stateId(schema.name, schema.version)
  const find = () =>
    connection.call((signal) =>
      states(connection).findOne({ _id, logId }, { projection: { incarnation: 1, checkpoint: 1 }, signal }),
    )
  // Two processes may open at once: the state that stands decides for both.
  const state = (await find()) ?? (await putState(connection, _id, logId), await find())
  if (state === null) throw new Error(`two logs claim the read model ${_id} in one database`)
  await createTables(connection, schema, state.incarnation)
  await dropOldTables(connection, schema, state.incarnation)
  await dropParts(connection, state)
  return state
}

/** Puts a state in place of another log's, unless somebody else was first. */
const putState = async (connection: MongoConnection, _id: string, logId: string): Promise<void> => {
  const incarnation = randomBytes(6).toString('hex')
  const empty: State = { _id, logId, incarnation, checkpoint: 0 }
  try {
    await connection.call(() =>
      states(connection).replaceOne({ _id, logId: { $ne: logId } }, empty, { upsert: true, ...durable }),
    )
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}

const createTables = async (connection: MongoConnection, schema: Schema, incarnation: string): Promise<void> => {
  for (const [name, table] of Object.entries(schema.tables))
    await connection.call(() => createIndexes(rowsOf(connection, schema, incarnation, name), table))
}

/** Drops parts of batches that were never decided, nor ever will be: their worker died first, and others went past. */
const dropParts = async (connection: MongoConnection, { _id, checkpoint }: OpenState): Promise<void> => {
  await connection.call(() => batchParts(connection).deleteMany({ model: _id, position: { $lte: checkpoint } }))
}

/** Drops the collections of a schema's version, all but those of the incarnation that stands. */
const dropOldTables = async (connection: MongoConnection, schema: Schema, standing: string): Promise<void> => {
  const prefix = collectionPrefix(schema.name, schema.version)
  const collections = await connection.call((signal) =>
    connection.db.listCollections({}, { nameOnly: true, signal }).toArray(),
  )
  for (const { name: collection } of collections) {
    if (!collection.startsWith(prefix) || collection.startsWith(`${prefix}${standing}.`)) continue
    await connection.call(() => connection.db.dropCollection(collection))
  }
}
