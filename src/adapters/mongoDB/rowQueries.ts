/** The queries of a read model: rows by their keys, and ranges over an index. */
import type { Collection } from 'mongodb'
import type { Range, Row } from '../../ports/readModels.js'
import type { MongoConnection } from './connection.js'
import { afterAll, orderedKey } from './orderedKey.js'
import type { RowDocument } from './rows.js'

/** Rows asked for by key in one query. */
const keysPerQuery = 1_000

/** `seen` is told of every key that is there, as a row or as the tombstone of one. */
export const rowsByKey = async (
  { call }: Pick<MongoConnection, 'call'>,
  rows: Collection<RowDocument>,
  keys: readonly string[],
  seen: (key: string) => void,
): Promise<ReadonlyMap<string, Row>> => {
  const found = new Map<string, Row>()
  for (let from = 0; from < keys.length; from += keysPerQuery) {
    const some = keys.slice(from, from + keysPerQuery)
    const documents = await call((signal) =>
      rows.find({ _id: { $in: some } }, { signal, batchSize: keysPerQuery, projection: { row: 1 } }).toArray(),
    )
    for (const { _id: key, row } of documents) {
      seen(key)
      if (row !== undefined) found.set(key, parseRow(row))
    }
  }
  return found
}

export const rowsInRange = async (
  { call }: Pick<MongoConnection, 'call'>,
  rows: Collection<RowDocument>,
  { index, prefix, after, upTo, limit, descending = false }: Range,
): Promise<readonly Row[]> => {
  const field = index === 'key' ? '_id' : `by.${index}`
  const low = after === undefined ? orderedKey(prefix) : afterAll(orderedKey([...prefix, ...after]))
  const high = afterAll(orderedKey([...prefix, ...(upTo ?? [])]))
  const filter = { [field]: { $gte: low, $lt: high }, ...(index === 'key' && { row: { $exists: true } }) }
  const order = { hint: { [field]: 1 }, sort: { [field]: descending ? -1 : 1 } } as const
  const documents = await call((signal) =>
    rows.find(filter, { signal, ...order, limit, batchSize: limit, projection: { row: 1 } }).toArray(),
  )
  return documents.flatMap(({ row }) => (row === undefined ? [] : [parseRow(row)]))
}

const parseRow = (json: string): Row => JSON.parse(json) as Row
