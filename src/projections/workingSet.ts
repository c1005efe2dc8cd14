/** The rows a batch has touched so far, over the rows as the store has them. */
import type { Change, KeyPart, Range, ReadModel, Row, Table } from '../ports/readModels.js'
import { keyOf } from './projection.js'
import type { Rows } from './projection.js'
import { compareParts, keyFields } from './rowOrder.js'

export type WorkingSet = Rows & {
  /** Reads rows ahead, in one call per table. */
  prefetch(keys: readonly { readonly table: string; readonly key: readonly KeyPart[] }[]): Promise<void>
  changes(): readonly Change[]
}

type Held = {
  readonly table: string
  readonly key: readonly KeyPart[]
  readonly row: Row | undefined
  readonly changed: boolean
}

export const workingSet = (model: ReadModel, tables: { readonly [table: string]: Table }): WorkingSet => {
  const held = new Map<string, Held>()

  const tableOf = (name: string): Table => {
    const table = tables[name]
    if (table === undefined) throw new Error(`no such table: ${name}`)
    return table
  }

  const get = async (table: string, key: readonly KeyPart[]): Promise<Row | undefined> => {
    const name = keyOf(table, key)
    const known = held.get(name)
    if (known !== undefined) return known.row
    const row = await model.get(table, key)
    held.set(name, { table, key, row, changed: false })
    return row
  }

  const put = (table: string, row: Row): void => {
    const key = keyFields(tableOf(table).key, row)
    held.set(keyOf(table, key), { table, key, row, changed: true })
  }

  const remove = (table: string, key: readonly KeyPart[]): void => {
    held.set(keyOf(table, key), { table, key, row: undefined, changed: true })
  }

  /** The store's rows, with this batch's changes laid over them. */
  const range = async (asked: Range): Promise<readonly Row[]> => {
    const fields = [
      ...(asked.index === 'key' ? [] : (tableOf(asked.table).indexes[asked.index] ?? [])),
      ...tableOf(asked.table).key,
    ]
    const changed = [...held.values()].filter((entry) => entry.changed && entry.table === asked.table)
    const stored = await model.range({ ...asked, limit: asked.limit + changed.length })
    const gone = new Set(changed.map((entry) => keyOf(entry.table, entry.key)))
    const kept = stored.filter((row) => !gone.has(keyOf(asked.table, keyFields(tableOf(asked.table).key, row))))
    const added = changed.flatMap(({ row }) => (row !== undefined && inRange(asked, fields, row) ? [row] : []))
    const direction = asked.descending === true ? -1 : 1
    return [...kept, ...added].sort((a, b) => direction * compareRows(fields, a, b)).slice(0, asked.limit)
  }

  const prefetch: WorkingSet['prefetch'] = async (keys) => {
    const missing = new Map<string, Map<string, readonly KeyPart[]>>()
    for (const { table, key } of keys) {
      const name = keyOf(table, key)
      if (held.has(name)) continue
      const ofTable = missing.get(table) ?? new Map<string, readonly KeyPart[]>()
      missing.set(table, ofTable.set(name, key))
    }
    for (const [table, wanted] of missing) {
      const rows = await model.getMany(table, [...wanted.values()])
      let at = 0
      for (const [name, key] of wanted) held.set(name, { table, key, row: rows[at++], changed: false })
    }
  }

  const changes = (): readonly Change[] =>
    [...held.values()].flatMap(({ table, key, row, changed }): Change[] => {
      if (!changed) return []
      return [row === undefined ? { table, remove: key } : { table, put: row }]
    })

  return { get, range, put, remove, prefetch, changes }
}

const compareRows = (fields: readonly string[], a: Row, b: Row): number => {
  for (const field of fields) {
    const order = compareParts(a[field], b[field])
    if (order !== 0) return order
  }
  return 0
}

const inRange = (range: Range, fields: readonly string[], row: Row): boolean => {
  const own = fields.map((field) => row[field])
  if (own.slice(0, range.prefix.length).some((value, index) => value !== range.prefix[index])) return false
  const rest = own.slice(range.prefix.length)
  const order = (bound: readonly KeyPart[]): number => {
    for (const [index, part] of bound.entries()) {
      const compared = compareParts(rest[index], part)
      if (compared !== 0) return compared
    }
    return 0
  }
  const afterOk =
    range.after === undefined || (range.descending === true ? order(range.after) < 0 : order(range.after) > 0)
  const upToOk =
    range.upTo === undefined || (range.descending === true ? order(range.upTo) >= 0 : order(range.upTo) <= 0)
  return afterOk && upToOk
}
