/** The one document that says how far a read model is, and which batch is under way (readModels.ts explains). */
import type { Collection } from 'mongodb'
import type { Schema } from '../../ports/readModels.js'
import type { EventName } from '../../ports/standing.js'
import { buildName } from '../readModelRequests.js'
import type { MongoConnection } from './connection.js'
import type { RowChange, RowDocument } from './rows.js'

export type State = {
  /** `<name>-<version>`, with `+<build>` behind it where it is not the first. */
  readonly _id: string
  readonly logId: string
  /** Names the collections: another one after every emptying. */
  readonly incarnation: string
  readonly checkpoint: number
  /** The event at the checkpoint. */
  readonly last?: EventName
  readonly batch?: Batch
}

/** A decided batch: rows as they shall be at `position`. What does not fit into the state lies in `parts` more documents. */
export type Batch = {
  readonly id: string
  readonly position: number
  readonly changes: readonly RowChange[]
  readonly parts: number
  readonly last?: EventName
  /** How often another worker set about finishing it. */
  readonly takenOver?: number
}

/** A part of a batch too large for one document. */
export type BatchPart = {
  readonly _id: { readonly batch: string; readonly part: number }
  readonly model: string
  readonly position: number
  readonly changes: readonly RowChange[]
}

/** One build of a schema's tables. */
export type BuildOf = { readonly schema: Schema; readonly build: number }
export const stateId = ({ schema, build }: BuildOf): string => buildName(schema, build)
/** No build's collections begin with the prefix of another's. */
export const collectionPrefix = (of: BuildOf): string => `view.${stateId(of)}.`

export const states = ({ db }: MongoConnection): Collection<State> => db.collection<State>('readModels')
export const batchParts = ({ db }: MongoConnection): Collection<BatchPart> =>
  db.collection<BatchPart>('readModelBatches')

/** The rows of a table, in the collections of an incarnation. */
export const rowsOf = (
  { db }: MongoConnection,
  of: BuildOf,
  incarnation: string,
  table: string,
): Collection<RowDocument> => db.collection<RowDocument>(`${collectionPrefix(of)}${incarnation}.${table}`)
