/** A read model's tables as SQL: a column for each key and index field, typed by its values, and the row itself as JSON. */
import type { Range, Schema, Table } from '../../../ports/readModels.js'
import { indexOf } from '../../readModelRequests.js'

/**
 * The fields of a table that are columns, in the order every statement binds them. Columns have no declared type: then
 * SQLite keeps numbers and texts apart, sorts numbers first, and texts by their UTF-8 bytes, as the port wants it.
 * (Rows stay in rowid tables: WITHOUT ROWID took three times as long to write with rows of a kibibyte.)
 */
export const columnsOf = ({ key, indexes }: Table): readonly string[] => [
  ...new Set([...key, ...Object.values(indexes).flat()]),
]

const quoted = (name: string): string => `"${name}"`
const list = (names: readonly string[]): string => names.map(quoted).join(', ')
const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')

/** `_row` and `_model` cannot be fields or tables of a schema: those begin with a letter. */
export const createTables = (schema: Schema): readonly string[] =>
  Object.entries(schema.tables).flatMap(([name, table]) => [
    `CREATE TABLE ${quoted(name)} (${columnsOf(table)
      .map((column) => `${quoted(column)}${table.key.includes(column) ? ' NOT NULL' : ''}`)
      .join(', ')}, _row TEXT NOT NULL, PRIMARY KEY (${list(table.key)}))`,
    ...Object.keys(table.indexes).map((index) => createIndex(name, table, index)),
  ])

/** Rows that lack a field of an index do not stand in it. */
const createIndex = (name: string, table: Table, index: string): string => {
  const { fields, required } = indexOf(table, index)
  return `CREATE INDEX ${indexName(name, index)} ON ${quoted(name)} (${list(fields)}) WHERE ${present(required)}`
}
const indexName = (table: string, index: string): string => quoted(`${table}_${index}`)
const present = (fields: readonly string[]): string =>
  fields.map((field) => `${quoted(field)} IS NOT NULL`).join(' AND ')

export const putSql = (name: string, table: Table): string => {
  const columns = columnsOf(table)
  const others = columns.filter((column) => !table.key.includes(column)).map(quoted)
  const updates = [...others, '_row'].map((column) => `${column} = excluded.${column}`).join(', ')
  return (
    `INSERT INTO ${quoted(name)} (${list(columns)}, _row) VALUES (${marks(columns.length + 1)}) ` +
    `ON CONFLICT (${list(table.key)}) DO UPDATE SET ${updates}`
  )
}

const byKey = ({ key }: Table): string => key.map((field) => `${quoted(field)} = ?`).join(' AND ')
export const removeSql = (name: string, table: Table): string => `DELETE FROM ${quoted(name)} WHERE ${byKey(table)}`
export const getSql = (name: string, table: Table): string => `SELECT _row FROM ${quoted(name)} WHERE ${byKey(table)}`

/** Binds the prefix, then `after`, then `upTo`, then the limit. Only the shape of the range decides the text. */
export const rangeSql = (table: Table, range: Range): string => {
  const { fields, required } = indexOf(table, range.index)
  const { prefix, after = [], upTo = [], descending = false } = range
  const rest = fields.slice(prefix.length)
  const tuple = (parts: readonly unknown[], compare: string): string[] =>
    parts.length === 0 ? [] : [`(${list(rest.slice(0, parts.length))}) ${compare} (${marks(parts.length)})`]
  const conditions = [
    ...prefix.map((_, n) => `${quoted(fields[n] ?? '')} = ?`),
    ...tuple(after, '>'),
    ...tuple(upTo, '<='),
    ...(required.length === 0 ? [] : [present(required)]),
  ]
  const order = rest.map((field) => `${quoted(field)}${descending ? ' DESC' : ''}`).join(', ')
  return (
    `SELECT _row FROM ${quoted(range.table)}` +
    (range.index === 'key' ? '' : ` INDEXED BY ${indexName(range.table, range.index)}`) +
    (conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`) +
    (order === '' ? '' : ` ORDER BY ${order}`) +
    ' LIMIT ?'
  )
}
