/** The port of the read models: tables declared as data, rows as JSON, a checkpoint per projection version. */
import type { Position } from './position.js'
import type { EventName, Standing } from './standing.js'

/** What a row may hold. Key and index fields are strings or safe integers; absent (undefined) fields leave an index out. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [field: string]: Value }
export type Row = { readonly [field: string]: Value }
export type KeyPart = string | number

/** A table: the fields that identify a row, and the fields each index sorts by. Every index ends made unique by the key. */
export type Table = {
  readonly key: readonly string[]
  readonly indexes: { readonly [index: string]: readonly string[] }
}
export type Schema = {
  /** camelCase, also the name of its file or collections. */
  readonly name: string
  /** Raised with every change of tables or meaning; another version is another read model. */
  readonly version: number
  readonly tables: { readonly [table: string]: Table }
  /** What the log cannot tell again: each apply outlives a loss of power. */
  readonly durable?: true
}

/** A read model may stand several times: tables of their own, numbered. What is opened without a number is the first. */
export const firstBuild = 1

/** A change to one row: put it (its key fields inside) or remove it. A key appears at most once in an apply. */
export type Change =
  { readonly table: string; readonly put: Row } | { readonly table: string; readonly remove: readonly KeyPart[] }

export type Range = {
  readonly table: string
  /** An index by name, or 'key'. */
  readonly index: string
  /** Equal values for the leading fields. */
  readonly prefix: readonly KeyPart[]
  /** Exclusive lower bound on the fields after the prefix (as many as given). */
  readonly after?: readonly KeyPart[]
  /** Inclusive upper bound on the fields after the prefix (as many as given). */
  readonly upTo?: readonly KeyPart[]
  /** At most so many rows, in index order; `descending` for the newest first. */
  readonly limit: number
  readonly descending?: boolean
}

/** One build of one version of one projection's tables. */
export type ReadModel = {
  get(table: string, key: readonly KeyPart[]): Promise<Row | undefined>
  /** Rows in the order asked; undefined where there is none. */
  getMany(table: string, keys: readonly (readonly KeyPart[])[]): Promise<readonly (Row | undefined)[]>
  range(range: Range): Promise<readonly Row[]>
  /** The position up to which events are applied (origin when new). */
  checkpoint(): Promise<Position>
  /** How many rows each table has, for people: about so many while rows are written. */
  rows(): Promise<{ readonly [table: string]: number }>
  /**
   * Applies the changes that the events up to `checkpoint` make, and moves the checkpoint from `expected` to it.
   * 'conflict' when the checkpoint is not `expected`, or another worker moved a row: nothing may be relied on, reload.
   * Exactly once in effect: a crash at any point is mended by applying the same events again. `last`: the event at
   * `checkpoint`, told again in `standings`.
   */
  apply(
    changes: readonly Change[],
    checkpoint: Position,
    expected: Position,
    last?: EventName,
  ): Promise<'applied' | 'conflict'>
}

export type ReadModels = {
  readonly description: string
  /** Opens (or makes) the tables of a schema for a log; tables of another log's id are emptied first. */
  open(schema: Schema, logId: string, build?: number): Promise<ReadModel>
  /** Forgets a build with all its rows, whether it is open or not; one that is not there is forgotten already. */
  drop(schema: Schema, build: number): Promise<void>
  /** Where all that was ever opened stands, of whichever log and version, as long as it is kept. Opens and changes nothing. */
  standings(): Promise<readonly Standing[]>
  close(): Promise<void>
}
