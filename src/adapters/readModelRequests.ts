/** What a read model is asked, checked against its schema before a store sees it: no operator and no foreign name passes. */
import { firstBuild } from '../ports/readModels.js'
import type { Change, KeyPart, Range, Row, Schema, Table } from '../ports/readModels.js'

const rangeRowsMax = 100_000

const name = /^[a-zA-Z][a-zA-Z0-9]{0,63}$/

/** Throws RangeError unless every name of the schema is one that every store takes as it is. */
export const checkSchema = (schema: Schema): void => {
  checkName(schema.name)
  if (!Number.isSafeInteger(schema.version) || schema.version < 0)
    throw new RangeError(`not a version: ${schema.version}`)
  for (const [table, { key, indexes }] of Object.entries(schema.tables)) {
    if (key.length === 0) throw new RangeError(`table ${table} has no key`)
    if (Object.hasOwn(indexes, 'key')) throw new RangeError(`an index of ${table} is called 'key'`)
    for (const used of [table, ...key, ...Object.entries(indexes).flat(2)]) checkName(used)
  }
}

/** Names the tables of a build. The first one has the name that all had before there were builds. */
export const buildName = ({ name, version }: Pick<Schema, 'name' | 'version'>, build: number): string => {
  if (!Number.isSafeInteger(build) || build < firstBuild) throw new RangeError(`not a build: ${build}`)
  return build === firstBuild ? `${name}-${version}` : `${name}-${version}+${build}`
}

const checkName = (used: string): void => {
  if (!name.test(used)) throw new RangeError(`not a name for a schema: ${JSON.stringify(used)}`)
}

export const tableOf = (schema: Schema, table: string): Table => {
  const found = Object.hasOwn(schema.tables, table) ? schema.tables[table] : undefined
  if (found === undefined) throw new RangeError(`no table ${JSON.stringify(table)} in ${schema.name}`)
  return found
}

/** The fields an index sorts by, made unique by the key, and those of them that a row must have to stand in it. */
export const indexOf = (
  table: Table,
  index: string,
): { readonly fields: readonly string[]; readonly required: readonly string[] } => {
  if (index === 'key') return { fields: table.key, required: [] }
  const required = Object.hasOwn(table.indexes, index) ? table.indexes[index] : undefined
  if (required === undefined) throw new RangeError(`no index ${JSON.stringify(index)}`)
  return { fields: [...required, ...table.key.filter((field) => !required.includes(field))], required }
}

const isKeyPart = (value: unknown): value is KeyPart => typeof value === 'string' || Number.isSafeInteger(value)

const checkParts = (parts: readonly KeyPart[]): void => {
  for (const part of parts) if (!isKeyPart(part)) throw new RangeError(`not a part of a key: ${JSON.stringify(part)}`)
}

export const checkKey = (table: Table, key: readonly KeyPart[]): void => {
  if (key.length !== table.key.length) throw new RangeError(`a key of ${table.key.length} parts, not ${key.length}`)
  checkParts(key)
}

export const checkRange = (table: Table, range: Range): void => {
  const { fields } = indexOf(table, range.index)
  const { prefix, after = [], upTo = [], limit } = range
  if (prefix.length + Math.max(after.length, upTo.length) > fields.length)
    throw new RangeError(`index ${range.index} has only ${fields.length} fields`)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > rangeRowsMax) throw new RangeError(`not a limit: ${limit}`)
  for (const parts of [prefix, after, upTo]) checkParts(parts)
}

/** The row's key. Throws RangeError when a key field is missing or no key part, or an index field holds anything else. */
const keyOfRow = (table: Table, row: Row): readonly KeyPart[] =>
  table.key.map((field) => {
    const value = fieldOf(row, field)
    if (value === undefined) throw new RangeError(`a row without its key field ${field}`)
    return value
  })

/** A key or index field, undefined when absent. */
export const fieldOf = (row: Row, field: string): KeyPart | undefined => {
  const value = Object.hasOwn(row, field) ? row[field] : undefined
  if (value === undefined) return undefined
  if (!isKeyPart(value)) throw new RangeError(`field ${field} is neither text nor a safe integer`)
  return value
}

/** The key a change is about. */
export const keyOfChange = (table: Table, change: Change): readonly KeyPart[] => {
  if ('put' in change) return keyOfRow(table, change.put)
  checkKey(table, change.remove)
  return change.remove
}
