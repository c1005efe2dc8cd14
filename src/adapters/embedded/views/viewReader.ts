/** Reading a read model's file beside its writer. Synchronous: a few microseconds a row. */
import { StoreUnavailable } from '../../../ports/eventStore.js'
import { toPosition, type Position } from '../../../ports/position.js'
import type { KeyPart, Range, Row, Schema } from '../../../ports/readModels.js'
import { checkKey, checkRange, tableOf } from '../../readModelRequests.js'
import { openDatabase, type Statement } from '../database.js'
import { getSql, rangeSql } from './viewTables.js'

export type ViewReader = {
  readonly get: (table: string, key: readonly KeyPart[]) => Row | undefined
  readonly range: (range: Range) => readonly Row[]
  readonly checkpoint: () => Position
  readonly close: () => void
}

/** The file must exist, with its tables. Reads throw StoreUnavailable when the disk fails. */
export const openViewReader = (file: string, schema: Schema): ViewReader => {
  const database = openDatabase(file, { durability: 'normal', readOnly: true })
  const statements = new Map<string, Statement>()
  const prepared = (sql: string): Statement => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const getters = new Map(
    Object.entries(schema.tables).map(([name, table]) => [name, database.prepare(getSql(name, table))]),
  )
  const checkpoint = database.prepare('SELECT checkpoint FROM _model')
  return {
    get: (name, key) => {
      checkKey(tableOf(schema, name), key)
      const row = reading(() => getters.get(name)?.get(...key))
      return row === undefined ? undefined : toRow(row)
    },
    range: (range) => {
      const table = tableOf(schema, range.table)
      checkRange(table, range)
      const { prefix, after = [], upTo = [], limit } = range
      return reading(() => prepared(rangeSql(table, range)).all(...prefix, ...after, ...upTo, limit)).map(toRow)
    },
    checkpoint: () => toPosition(reading(() => checkpoint.get()?.[0] as number)),
    close: database.close,
  }
}

const reading = <Result>(read: () => Result): Result => {
  try {
    return read()
  } catch (cause) {
    throw new StoreUnavailable('the read model cannot be read', { cause })
  }
}

const toRow = (columns: readonly unknown[]): Row => JSON.parse(columns[0] as string) as Row
