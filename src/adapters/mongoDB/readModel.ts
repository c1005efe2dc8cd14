/** One version of one projection's tables in MongoDB: its queries, and the way of a batch (readModels.ts explains). */
import { randomUUID } from 'node:crypto'
import { toPosition } from '../../ports/position.js'
import type { Change, ReadModel, Row, Schema } from '../../ports/readModels.js'
import { checkKey, checkRange, tableOf } from '../readModelRequests.js'
import { durable, type MongoConnection } from './connection.js'
import { afterAll, orderedKey } from './orderedKey.js'
import { presentKeys } from './presentKeys.js'
import { batchParts, collectionPrefix, states, type Batch, type State } from './readModelState.js'
import { toRowChange, writeRows, type RowChange, type RowDocument } from './rows.js'

/** Rows asked for by key in one query. */
const keysPerQuery = 1_000
/** Bytes of changes in one document, far enough below the 16 MiB that kill a message inside the client. */
const partBytesMax = 6 * 1024 * 1024
/** A worker paused for longer writes no more: tombstones that would stop it are kept for an hour. */
const pauseMsMax = 10 * 60_000

export const mongoReadModel = (
  connection: MongoConnection,
  schema: Schema,
  opened: Pick<State, '_id' | 'incarnation'>,
): ReadModel => {
  const { call } = connection
  const { _id } = opened
  let incarnation = opened.incarnation
  const present = presentKeys()

  const rowsOf = (table: string, of = incarnation) =>
    connection.db.collection<RowDocument>(`${collectionPrefix(schema.name, schema.version)}${of}.${table}`)

  const getMany = async (table: string, keys: readonly string[]): Promise<ReadonlyMap<string, Row>> => {
    const found = new Map<string, Row>()
    for (let from = 0; from < keys.length; from += keysPerQuery) {
      const some = keys.slice(from, from + keysPerQuery)
      const documents = await call((signal) =>
        rowsOf(table)
          .find({ _id: { $in: some } }, { signal, batchSize: keysPerQuery, projection: { row: 1 } })
          .toArray(),
      )
      for (const { _id: key, row } of documents) {
        present.add(table, key)
        if (row !== undefined) found.set(key, parseRow(row))
      }
    }
    return found
  }

  /** Step 2: all tables at once. */
  const write = async (
    batch: Pick<Batch, 'position'>,
    changes: readonly RowChange[],
    into: string,
    until: number,
  ): Promise<void> => {
    const written = Object.keys(schema.tables).map((table) =>
      call(() =>
        writeRows(rowsOf(table, into), {
          changes: changes.filter((change) => change.table === table),
          position: batch.position,
          present: (key) => present.has(table, key),
          until,
        }),
      ),
    )
    await Promise.all(written)
  }

  /** Step 3. It is done, too, when another worker has finished the batch; false when the tables were emptied meanwhile. */
  const finish = async (batch: Batch, of: string): Promise<boolean> => {
    const { matchedCount } = await call(() =>
      states(connection).updateOne(
        { _id, incarnation: of, 'batch.id': batch.id },
        { $set: { checkpoint: batch.position }, $unset: { batch: '' } },
      ),
    )
    if (batch.parts > 0) await call(() => batchParts(connection).deleteMany({ '_id.batch': batch.id }))
    if (matchedCount === 1) return true
    const beyond = { _id, incarnation: of, checkpoint: { $gte: batch.position } }
    return (await call((signal) => states(connection).findOne(beyond, { projection: { _id: 1 }, signal }))) !== null
  }

  /**
   * Finishes what a worker left behind, dead or slow. Its step 1 is confirmed first: it may be younger than the last
   * failover that could take it back, and no row may be written before that is out of the question.
   */
  const finishLeftBehind = async (): Promise<void> => {
    const until = Date.now() + pauseMsMax
    const state = await call((signal) => states(connection).findOne({ _id }, { signal }))
    if (state?.batch === undefined) return
    const { batch } = state
    await call(() =>
      states(connection).updateOne({ _id, 'batch.id': batch.id }, { $inc: { 'batch.takenOver': 1 } }, durable),
    )
    const parts = await call((signal) => batchParts(connection).find({ '_id.batch': batch.id }, { signal }).toArray())
    // Fewer parts than it had: somebody finished it meanwhile.
    if (parts.length < batch.parts) return
    for (const changes of [batch.changes, ...parts.map((part) => part.changes)])
      await write(batch, changes, state.incarnation, until)
    await finish(batch, state.incarnation)
  }

  /** Step 1. False when the checkpoint is elsewhere or a batch is under way. */
  const decide = async (batch: Batch, rest: readonly (readonly RowChange[])[], expected: number): Promise<boolean> => {
    for (const [part, changes] of rest.entries())
      await call(() =>
        batchParts(connection).insertOne(
          { _id: { batch: batch.id, part }, model: _id, position: batch.position, changes },
          durable,
        ),
      )
    const { matchedCount } = await call(() =>
      states(connection).updateOne(
        { _id, incarnation, checkpoint: expected, batch: { $exists: false } },
        { $set: { batch } },
        durable,
      ),
    )
    if (matchedCount === 0 && rest.length > 0)
      await call(() => batchParts(connection).deleteMany({ '_id.batch': batch.id }))
    return matchedCount === 1
  }

  /** A batch that changes no row moves the checkpoint and no more. */
  const moveCheckpoint = async (position: number, expected: number): Promise<boolean> => {
    const { matchedCount } = await call(() =>
      states(connection).updateOne(
        { _id, incarnation, checkpoint: expected, batch: { $exists: false } },
        { $set: { checkpoint: position } },
      ),
    )
    return matchedCount === 1
  }

  const apply = async (changes: readonly Change[], position: number, expected: number): Promise<boolean> => {
    const until = Date.now() + pauseMsMax
    if (changes.length === 0) return (await moveCheckpoint(position, expected)) || (await finishLeftBehind(), false)
    if (position <= expected) throw new RangeError(`rows that change at ${expected} cannot stand at ${position}`)
    const [first = [], ...rest] = parted(changes.map((change) => toRowChange(schema, change)))
    const batch: Batch = { id: randomUUID(), position, changes: first, parts: rest.length }
    const into = incarnation
    if (!(await decide(batch, rest, expected))) {
      await finishLeftBehind()
      return false
    }
    for (const some of [first, ...rest]) await write(batch, some, into, until)
    return finish(batch, into)
  }

  return {
    get: async (table, key) => {
      checkKey(tableOf(schema, table), key)
      const id = orderedKey(key)
      return (await getMany(table, [id])).get(id)
    },
    getMany: async (table, keys) => {
      for (const key of keys) checkKey(tableOf(schema, table), key)
      const ids = keys.map(orderedKey)
      const rows = await getMany(table, [...new Set(ids)])
      return ids.map((id) => rows.get(id))
    },
    range: async (range) => {
      checkRange(tableOf(schema, range.table), range)
      const { table, index, prefix, after, upTo, limit, descending = false } = range
      const field = index === 'key' ? '_id' : `by.${index}`
      const low = after === undefined ? orderedKey(prefix) : afterAll(orderedKey([...prefix, ...after]))
      const high = afterAll(orderedKey([...prefix, ...(upTo ?? [])]))
      const documents = await call((signal) =>
        rowsOf(table)
          .find(
            { [field]: { $gte: low, $lt: high }, ...(index === 'key' && { row: { $exists: true } }) },
            {
              signal,
              hint: { [field]: 1 },
              sort: { [field]: descending ? -1 : 1 },
              limit,
              batchSize: limit,
              projection: { row: 1 },
            },
          )
          .toArray(),
      )
      return documents.flatMap(({ row }) => (row === undefined ? [] : [parseRow(row)]))
    },
    checkpoint: async () => {
      const state = await call((signal) =>
        states(connection).findOne({ _id }, { projection: { checkpoint: 1, incarnation: 1 }, signal }),
      )
      if (state === null) return toPosition(0)
      incarnation = state.incarnation
      return toPosition(state.checkpoint)
    },
    apply: async (changes, checkpoint, expected) => {
      try {
        return (await apply(changes, checkpoint, expected)) ? 'applied' : 'conflict'
      } finally {
        present.clear()
      }
    },
  }
}

const parseRow = (json: string): Row => JSON.parse(json) as Row

/** The changes in runs that fit into a document each. A single row that does not is a bug of its projection. */
const parted = (changes: readonly RowChange[]): readonly (readonly RowChange[])[] => {
  const parts: RowChange[][] = []
  let room = 0
  for (const change of changes) {
    const bytes = sizeOf(change)
    if (bytes > 2 * partBytesMax)
      throw new RangeError(`a row of ${change.table} is too large for MongoDB: ${bytes} bytes`)
    if (bytes > room) {
      parts.push([])
      room = partBytesMax
    }
    parts.at(-1)?.push(change)
    room -= bytes
  }
  return parts
}

/** At least its size in BSON; a UTF-16 unit is at most three bytes of UTF-8. */
const sizeOf = ({ _id, row, by }: RowChange): number =>
  200 +
  byteLength(_id) +
  byteLength(row) +
  Object.values(by ?? {}).reduce((sum, entry) => sum + byteLength(entry) + 50, 0)

const byteLength = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text))
