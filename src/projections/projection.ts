/** What a projection is: tables as data, and a fold of events into rows. runner.ts feeds it. */
import type { Placed } from '../items/placed.js'
import type { KeyPart, Range, ReadModel, Row, Schema } from '../ports/readModels.js'

/** The rows as they are before an event, changes of the batch so far included. */
export type Rows = {
  get(table: string, key: readonly KeyPart[]): Promise<Row | undefined>
  /** Rows of a range; costs a read of the store each, so only for rare events. */
  range(range: Range): Promise<readonly Row[]>
  put(table: string, row: Row): void
  remove(table: string, key: readonly KeyPart[]): void
}

export type Projection = {
  readonly schema: Schema
  /** Raised where the same tables come out otherwise from the same events, on purpose; the first is 1. */
  readonly fold?: number
  /** The leases of whoever acts by these rows now, where somebody does: while one is held, nobody turns to another build. */
  readonly effects?: (served: ReadModel) => Promise<readonly string[]>
  /** Its checkpoint is handed out as a cursor: stored with every batch, whether rows changed or not. */
  readonly exactCheckpoint?: true
  /** The keys that project will get, so that a batch reads them in one call. */
  readonly touches?: (placed: Placed) => readonly { readonly table: string; readonly key: readonly KeyPart[] }[]
  /** Folds one event. Reads no clock: ages come from `at`. */
  readonly project: (placed: Placed, rows: Rows) => Promise<void> | void
}

/** A key as one text for maps. Texts stand behind their length and a colon, so that no two keys are one. */
export const keyOf = (table: string, key: readonly KeyPart[]): string => {
  let name = table
  for (const part of key) name += typeof part === 'number' ? ` ${part}` : ` ${part.length}:${part}`
  return name
}
