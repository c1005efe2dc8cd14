/**
 * A projection made to show every event that is lost, folded twice or folded onto the wrong rows: counts per account, a
 * total that is computed from another row, and entries that come, go and come again.
 */
import type { Change, KeyPart, ReadModel, Row, Schema } from '#src/ports/readModels.js'
import { toPosition } from '#src/ports/position.js'

export const ledgerSchema = (name: string): Schema => ({
  name,
  version: 1,
  tables: {
    accounts: { key: ['account'], indexes: { byCount: ['count'] } },
    entries: { key: ['account', 'entry'], indexes: { byEntry: ['entry'] } },
  },
})

const accounts = 7
/** Text that makes a few rows fill a document of a batch. */
export type Ledger = { readonly events: number; readonly text?: string }

type Rows = {
  readonly get: (table: string, key: readonly KeyPart[]) => Row | undefined
  readonly set: (table: string, key: readonly KeyPart[], row: Row | undefined) => void
}

const numberOf = (row: Row | undefined, field: string): number => Number(row?.[field] ?? 0)
const textOf = (row: Row, field: string): string => {
  const value = row[field]
  return typeof value === 'string' ? value : ''
}
const accountOf = (event: number): string => `account-${event % accounts}`

/** The rows an event touches, whether or not it changes them. */
const touched = (event: number): readonly (readonly [string, readonly KeyPart[]])[] => [
  ['accounts', [accountOf(event)]],
  ['accounts', ['total']],
  ['entries', [accountOf(event), event]],
  ['entries', [accountOf(event - 50), event - 50]],
  ['entries', [accountOf(event - 60), event - 60]],
]

const fold = (event: number, rows: Rows, text: string): void => {
  const account = accountOf(event)
  const count = numberOf(rows.get('accounts', [account]), 'count') + 1
  rows.set('accounts', [account], { account, count, last: event })
  // The total reads another row: folded onto that row's future it would come out wrong.
  const total = numberOf(rows.get('accounts', ['total']), 'sum') + count
  rows.set('accounts', ['total'], { account: 'total', sum: total })
  rows.set('entries', [account, event], { account, entry: event, text })
  if (event > 50 && event % 3 === 0) rows.set('entries', [accountOf(event - 50), event - 50], undefined)
  if (event > 60 && event % 7 === 0)
    rows.set('entries', [accountOf(event - 60), event - 60], {
      account: accountOf(event - 60),
      entry: event - 60,
      again: event,
    })
}

const nameOf = (table: string, key: readonly KeyPart[]): string => JSON.stringify([table, ...key])

/** One batch of at most `size` events, as the runner of projections does it. False when another worker was faster. */
export const workOn = async (model: ReadModel, { events, text = '' }: Ledger, size: number): Promise<boolean> => {
  const expected = await model.checkpoint()
  const upTo = Math.min(events, expected + size)
  if (upTo === expected) return true
  const batch = Array.from({ length: upTo - expected }, (_, n) => expected + n + 1)
  const kept = new Map<string, Row | undefined>()
  for (const table of ['accounts', 'entries']) {
    const keys = batch.flatMap((event) => touched(event).flatMap(([of, key]) => (of === table ? [key] : [])))
    const rows = await model.getMany(table, keys)
    for (const [n, key] of keys.entries()) kept.set(nameOf(table, key), rows[n])
  }
  const changes = new Map<string, Change>()
  const rows: Rows = {
    get: (table, key) => kept.get(nameOf(table, key)),
    set: (table, key, row) => {
      kept.set(nameOf(table, key), row)
      changes.set(nameOf(table, key), row === undefined ? { table, remove: key } : { table, put: row })
    },
  }
  for (const event of batch) fold(event, rows, text)
  return (await model.apply([...changes.values()], toPosition(upTo), expected)) === 'applied'
}

/** All rows of both tables, in the order of their keys. */
export const rowsOf = async (model: ReadModel): Promise<readonly Row[]> => {
  const range = { index: 'key', prefix: [], limit: 50_000 }
  return [
    ...(await model.range({ table: 'accounts', ...range })),
    ...(await model.range({ table: 'entries', ...range })),
  ]
}

/** What the rows must be once every event is in, folded in one pass. */
export const expectedRows = ({ events, text = '' }: Ledger): readonly Row[] => {
  const kept = new Map<string, { readonly table: string; readonly row: Row }>()
  const rows: Rows = {
    get: (table, key) => kept.get(nameOf(table, key))?.row,
    set: (table, key, row) => {
      if (row === undefined) kept.delete(nameOf(table, key))
      else kept.set(nameOf(table, key), { table, row })
    },
  }
  for (let event = 1; event <= events; event++) fold(event, rows, text)
  const of = (table: string): Row[] => [...kept.values()].flatMap((one) => (one.table === table ? [one.row] : []))
  return [
    ...of('accounts').sort(byAccount),
    ...of('entries').sort((a, b) => byAccount(a, b) * events + numberOf(a, 'entry') - numberOf(b, 'entry')),
  ]
}

const byAccount = (a: Row, b: Row): number =>
  textOf(a, 'account') < textOf(b, 'account') ? -1 : Number(a['account'] !== b['account'])
