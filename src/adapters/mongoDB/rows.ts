/** The rows of a read model's tables as documents: how they are shaped, and how a batch of changes is written to them. */
import {
  MongoBulkWriteError,
  type AnyBulkWriteOperation,
  type Collection,
  type OneOrMore,
  type WriteError,
} from 'mongodb'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { Change, Schema, Table } from '../../ports/readModels.js'
import { fieldOf, indexOf, keyOfChange, tableOf } from '../readModelRequests.js'
import { replicated } from './connection.js'
import { orderedKey } from './orderedKey.js'
import { duplicateKey } from './storeErrors.js'

/**
 * A row. Its fields stand in `row` as JSON, exactly as given (BSON would change lone surrogates and cost more), and each
 * index's fields, made unique by the key, in `by.<index>` as one ordered string.
 */
export type RowDocument = {
  readonly _id: string
  /** The checkpoint of the batch that last wrote the row; a number is exact up to 2^53. */
  readonly position: number
  /** Absent in a tombstone. */
  readonly row?: string
  readonly by?: { readonly [index: string]: string }
  /** Tombstones only: when the row was removed, by the server's clock. */
  readonly gone?: Date
}

/** A change as a batch carries it: the key of its row and the document's changing parts. */
export type RowChange = Pick<RowDocument, '_id' | 'row' | 'by'> & { readonly table: string }

const tombstoneSeconds = 3_600

/** Throws RangeError where the change does not fit its table. */
export const toRowChange = (schema: Schema, change: Change): RowChange => {
  const table = tableOf(schema, change.table)
  const _id = orderedKey(keyOfChange(table, change))
  if ('remove' in change) return { table: change.table, _id }
  const by = Object.keys(table.indexes).flatMap((index) => {
    const { fields } = indexOf(table, index)
    const parts = fields.map((field) => fieldOf(change.put, field)).filter((part) => part !== undefined)
    return parts.length === fields.length ? [[index, orderedKey(parts)] as const] : []
  })
  return { table: change.table, _id, row: JSON.stringify(change.put), by: Object.fromEntries(by) }
}

/** One ordered field per index, and the clock that sweeps tombstones. Making an index that is there does nothing. */
export const createIndexes = async (rows: Collection<RowDocument>, table: Table): Promise<void> => {
  await rows.createIndexes([
    ...Object.keys(table.indexes).map((index) => ({ key: { [`by.${index}`]: 1 }, name: index, sparse: true })),
    { key: { gone: 1 }, name: 'tombstones', sparse: true, expireAfterSeconds: tombstoneSeconds },
  ])
}

/** The changes that a batch makes to one table. */
export type RowsOfBatch = {
  readonly changes: readonly RowChange[]
  /** Where the batch ends. */
  readonly position: number
  /** A hint, never needed to be right: whether a row is there already. */
  readonly present: (key: string) => boolean
  /** Wall-clock time (ms) after which nothing is written any more: see readModels.ts on paused workers. */
  readonly until: number
}

/**
 * Writes each row once and only where it stands below the batch: repeating it, or letting it land late, changes nothing.
 * Rows not known to exist are tried as inserts first, which are three times as fast.
 */
export const writeRows = async (rows: Collection<RowDocument>, batch: RowsOfBatch): Promise<void> => {
  const { changes, present } = batch
  const inserts = changes.filter((change) => change.row !== undefined && !present(change._id))
  const taken = new Set(await insertRows(rows, inserts, batch))
  const inserted = new Set(inserts.filter((change) => !taken.has(change._id)))
  const others = changes.filter((change) => !inserted.has(change))
  await replaceRows(rows, others, batch)
}

type When = Pick<RowsOfBatch, 'position' | 'until'>

const documentOf = ({ _id, row, by }: RowChange, position: number): RowDocument => ({
  _id,
  position,
  ...(row !== undefined && { row }),
  ...(by !== undefined && { by }),
})

/** Inserts what it can; answers the keys that were taken. */
const insertRows = async (
  rows: Collection<RowDocument>,
  changes: readonly RowChange[],
  { position, until }: When,
): Promise<readonly string[]> => {
  const failed = await unordered(
    rows,
    until,
    changes.map((change) => ({ insertOne: { document: documentOf(change, position) } })),
  )
  return failed.flatMap((index) => changes[index]?._id ?? [])
}

/** Replaces rows that stand below `position`, makes those that are not there; one at or above it refuses by its key. */
const replaceRows = async (
  rows: Collection<RowDocument>,
  changes: readonly RowChange[],
  { position, until }: When,
): Promise<void> => {
  await unordered(
    rows,
    until,
    changes.map((change): AnyBulkWriteOperation<RowDocument> => {
      const filter = { _id: change._id, position: { $lt: position } }
      if (change.row !== undefined)
        return { replaceOne: { filter, replacement: documentOf(change, position), upsert: true } }
      const tombstone = { _id: { $literal: change._id }, position, gone: '$$NOW' }
      return { updateOne: { filter, update: [{ $replaceWith: tombstone }], upsert: true } }
    }),
  )
}

/** An unordered bulk that no failover takes back; answers the operations refused because their key is taken, throws on any other failure. */
const unordered = async (
  rows: Collection<RowDocument>,
  until: number,
  operations: readonly AnyBulkWriteOperation<RowDocument>[],
): Promise<readonly number[]> => {
  if (operations.length === 0) return []
  if (Date.now() > until) throw new StoreUnavailable('this process was paused for too long to go on with its batch')
  try {
    await rows.bulkWrite(operations, { ordered: false, ...replicated })
    return []
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const refused = listOf(error.writeErrors)
    const unconfirmed = error.result.getWriteConcernError() !== undefined
    if (unconfirmed || refused.length === 0 || refused.some(({ code }) => code !== duplicateKey)) throw error
    return refused.map((refusal) => refusal.index)
  }
}

const listOf = (errors: OneOrMore<WriteError>): readonly WriteError[] => ('length' in errors ? errors : [errors])
