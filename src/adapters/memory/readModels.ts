/** Read models in memory, for tests and simulations: rows kept as JSON text, ranges by sorting. */
import { origin, type Position } from '../../ports/position.js'
import { firstBuild } from '../../ports/readModels.js'
import type { Change, KeyPart, Range, ReadModel, ReadModels, Row, Schema, Table } from '../../ports/readModels.js'
import type { EventName } from '../../ports/standing.js'
import {
  buildName,
  checkKey,
  checkRange,
  checkSchema,
  fieldOf,
  indexOf,
  keyOfChange,
  tableOf,
} from '../readModelRequests.js'

type Entry = { readonly key: readonly KeyPart[]; readonly text: string; readonly row: Row }
type Kept = {
  readonly logId: string
  checkpoint: Position
  last?: EventName
  readonly tables: Map<string, Map<string, Entry>>
}

export const openMemoryReadModels = (): ReadModels => {
  const models = new Map<string, Kept>()
  return {
    description: 'memory',
    open: async (schema, logId, build = firstBuild) => {
      checkSchema(schema)
      const id = buildName(schema, build)
      const kept = models.get(id)
      const same = kept?.logId === logId ? kept : emptyModel(logId)
      models.set(id, same)
      return Promise.resolve(modelOf(schema, same))
    },
    drop: (schema, build) => {
      models.delete(buildName(schema, build))
      return Promise.resolve()
    },
    standings: () =>
      Promise.resolve(
        Array.from(models, ([name, { logId, checkpoint, last }]) => ({
          ...{ name, logId, position: checkpoint },
          ...(last === undefined ? {} : { last }),
        })),
      ),
    close: () => Promise.resolve(),
  }
}

const emptyModel = (logId: string): Kept => ({ logId, checkpoint: origin, tables: new Map() })

const modelOf = (schema: Schema, kept: Kept): ReadModel => {
  const rowsOf = (table: string): Map<string, Entry> => {
    const rows = kept.tables.get(table) ?? new Map<string, Entry>()
    kept.tables.set(table, rows)
    return rows
  }
  const get = (table: string, key: readonly KeyPart[]): Row | undefined => {
    checkKey(tableOf(schema, table), key)
    const entry = rowsOf(table).get(JSON.stringify(key))
    return entry === undefined ? undefined : (JSON.parse(entry.text) as Row)
  }
  const apply = (...[changes, checkpoint, expected, last]: Parameters<ReadModel['apply']>): 'applied' | 'conflict' => {
    const checked = changes.map((change) => checkedChange(schema, change))
    if (kept.checkpoint !== expected) return 'conflict'
    for (const { table, id, entry } of checked)
      if (entry === undefined) rowsOf(table).delete(id)
      else rowsOf(table).set(id, entry)
    kept.checkpoint = checkpoint
    if (last !== undefined) kept.last = last
    return 'applied'
  }
  return {
    get: async (table, key) => Promise.resolve().then(() => get(table, key)),
    getMany: async (table, keys) => Promise.resolve().then(() => keys.map((key) => get(table, key))),
    range: async (range) =>
      Promise.resolve().then(() => {
        const table = tableOf(schema, range.table)
        checkRange(table, range)
        return rowsIn(table, [...rowsOf(range.table).values()], range)
      }),
    checkpoint: () => Promise.resolve(kept.checkpoint),
    rows: () =>
      Promise.resolve(Object.fromEntries(Object.keys(schema.tables).map((table) => [table, rowsOf(table).size]))),
    apply: async (...asked) => Promise.resolve().then(() => apply(...asked)),
  }
}

const checkedChange = (
  schema: Schema,
  change: Change,
): { readonly table: string; readonly id: string; readonly entry: Entry | undefined } => {
  const table = tableOf(schema, change.table)
  const key = keyOfChange(table, change)
  const id = JSON.stringify(key)
  if ('remove' in change) return { table: change.table, id, entry: undefined }
  for (const field of Object.values(table.indexes).flat()) fieldOf(change.put, field)
  const text = JSON.stringify(change.put)
  return { table: change.table, id, entry: { key, text, row: JSON.parse(text) as Row } }
}

const rowsIn = (table: Table, entries: readonly Entry[], range: Range): readonly Row[] => {
  const { fields } = indexOf(table, range.index)
  const { prefix, after, upTo, limit, descending = false } = range
  const found: { readonly values: readonly KeyPart[]; readonly text: string }[] = []
  for (const { row, text } of entries) {
    const values = fields.map((field) => fieldOf(row, field)).filter((value) => value !== undefined)
    if (values.length < fields.length || compareKeys(values, prefix) !== 0) continue
    const rest = values.slice(prefix.length)
    if (after !== undefined && compareKeys(rest, after) <= 0) continue
    if (upTo !== undefined && compareKeys(rest, upTo) > 0) continue
    found.push({ values, text })
  }
  found.sort((one, other) => (descending ? -1 : 1) * compareKeys(one.values, other.values))
  return found.slice(0, limit).map(({ text }) => JSON.parse(text) as Row)
}

/** Part by part, as many as the second key has: numbers before strings, numbers by size, strings by their UTF-8 bytes. */
const compareKeys = (one: readonly KeyPart[], other: readonly KeyPart[]): number => {
  for (const [n, part] of other.entries()) {
    const order = compareParts(one[n] ?? '', part)
    if (order !== 0) return order
  }
  return 0
}

const compareParts = (one: KeyPart, other: KeyPart): number => {
  if (one === other) return 0
  if (typeof one === 'number') return typeof other === 'number' ? one - other : -1
  if (typeof other === 'number') return 1
  return compareText(one, other)
}

/** By code point, which is the order of UTF-8 bytes; `<` would compare UTF-16 units and put surrogates before U+E000. */
const compareText = (one: string, other: string): number => {
  const length = Math.min(one.length, other.length)
  for (let n = 0; n < length; n++) {
    const [a, b] = [one.charCodeAt(n), other.charCodeAt(n)]
    if (a !== b) return rank(a) - rank(b)
  }
  return one.length - other.length
}
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit)
