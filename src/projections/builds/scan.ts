/**
 * The rows of a read model as they stood at one position, summed up while it goes on: what a batch will change is set
 * aside before the batch is applied, as it was, and stands for its row where the scan comes by later.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../events/form/canonical.js'
import type { Change, KeyPart, ReadModel, Row, Schema } from '../../ports/readModels.js'
import { keyOf } from '../projection.js'
import { compareParts, keyFields } from '../rowOrder.js'

/** Of one table: SHA-256 over its rows in the order of their keys, and how many there are. */
export type TableSum = { readonly sha256: string; readonly rows: number }
export type Sums = { readonly [table: string]: TableSum }

export type Scan = {
  /** Must be awaited before a batch is applied, from the position on. */
  readonly before: (changes: readonly Change[]) => Promise<void>
  /** Undefined where more changed meanwhile than can be kept. */
  readonly sums: (signal: AbortSignal) => Promise<Sums | undefined>
}

/** Rows set aside at once, at most: some 100 MiB of rows of a kibibyte. */
export const asideMax = 100_000
const pageRows = 32

type Aside = { readonly key: readonly KeyPart[]; readonly row: Row | undefined }

/** Begins at the position where the model stands when it is made. `pause`: awaited between pages, for others to have their turn. */
export const makeScan = (model: ReadModel, { tables }: Pick<Schema, 'tables'>, pause: () => Promise<void>): Scan => {
  const aside = new Map(Object.keys(tables).map((table) => [table, new Map<string, Aside>()]))
  /** Keys up to which a table is summed up: what changes there is of no interest. Undefined: none is. */
  const passed = new Map<string, readonly KeyPart[] | 'all'>()
  let kept = 0
  /** More changed than is kept: what was read since is not as it was. */
  let overflown = false

  const isPassed = (table: string, key: readonly KeyPart[]): boolean => {
    const up = passed.get(table)
    return up === 'all' || (up !== undefined && compareKeys(key, up) <= 0)
  }

  const before: Scan['before'] = async (changes) => {
    if (overflown) return
    const wanted = new Map<string, (readonly KeyPart[])[]>()
    for (const change of changes) {
      const { table } = change
      const key = 'put' in change ? keyFields(tables[table]?.key ?? [], change.put) : change.remove
      if (aside.get(table)?.has(keyOf(table, key)) === true || isPassed(table, key)) continue
      const keys = wanted.get(table) ?? []
      keys.push(key)
      wanted.set(table, keys)
    }
    for (const [table, keys] of wanted) {
      const rows = await model.getMany(table, keys)
      for (const [n, key] of keys.entries()) aside.get(table)?.set(keyOf(table, key), { key, row: rows[n] })
      kept += keys.length
    }
    overflown ||= kept > asideMax
  }

  const sumTable = async (table: string, signal: AbortSignal): Promise<TableSum | undefined> => {
    const hash = createHash('sha256')
    const keyNames = tables[table]?.key ?? []
    const held = aside.get(table) ?? new Map<string, Aside>()
    let rows = 0
    let after: readonly KeyPart[] | undefined
    for (;;) {
      const above = after === undefined ? {} : { after }
      const page = await model.range({ table, index: 'key', prefix: [], ...above, limit: pageRows })
      if (signal.aborted || overflown) return undefined
      const last = page.length < pageRows ? undefined : page.at(-1)
      const upTo = last === undefined ? undefined : keyFields(keyNames, last)
      for (const row of asTheyWere(page, held, { table, keyNames, after, upTo })) {
        hash.update(`${canonicalJson(row)}\n`)
        rows++
      }
      passed.set(table, upTo ?? 'all')
      kept -= forget(held, upTo)
      if (upTo === undefined) return { sha256: hash.digest('base64url'), rows }
      after = upTo
      await pause()
    }
  }

  return {
    before,
    sums: async (signal) => {
      const sums: Record<string, TableSum> = {}
      for (const table of Object.keys(tables)) {
        const sum = await sumTable(table, signal)
        if (sum === undefined) return undefined
        sums[table] = sum
      }
      return sums
    },
  }
}

type Stretch = {
  readonly table: string
  readonly keyNames: readonly string[]
  readonly after: readonly KeyPart[] | undefined
  /** Undefined: to the end. */
  readonly upTo: readonly KeyPart[] | undefined
}

/** The rows of a stretch at the position: those read, but for those that were set aside. */
const asTheyWere = (
  page: readonly Row[],
  held: ReadonlyMap<string, Aside>,
  { table, keyNames, after, upTo }: Stretch,
): readonly Row[] => {
  if (held.size === 0) return page
  const unchanged = page.filter((row) => !held.has(keyOf(table, keyFields(keyNames, row))))
  const former = [...held.values()].flatMap(({ key, row }) =>
    row !== undefined &&
    (after === undefined || compareKeys(key, after) > 0) &&
    (upTo === undefined || compareKeys(key, upTo) <= 0)
      ? [row]
      : [],
  )
  if (former.length === 0) return unchanged
  return [...unchanged, ...former].sort((one, other) =>
    compareKeys(keyFields(keyNames, one), keyFields(keyNames, other)),
  )
}

const forget = (held: Map<string, Aside>, upTo: readonly KeyPart[] | undefined): number => {
  let forgotten = 0
  for (const [name, { key }] of held)
    if (upTo === undefined || compareKeys(key, upTo) <= 0) {
      held.delete(name)
      forgotten++
    }
  return forgotten
}

const compareKeys = (one: readonly KeyPart[], other: readonly KeyPart[]): number => {
  for (const [n, part] of one.entries()) {
    const order = compareParts(part, other[n])
    if (order !== 0) return order
  }
  return 0
}
