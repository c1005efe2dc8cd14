/** What the main thread says to the threads of the read models, which write and which count, and they to it. */
import type { Schema } from '../../../ports/readModels.js'
import type { EventName } from '../../../ports/standing.js'
import type { Failure } from '../database.js'
import type { TableChanges } from './viewWriter.js'

/** `file` names the read model: one file for each version of each. */
export type ViewRequest =
  | { readonly type: 'open'; readonly file: string; readonly schema: Schema; readonly logId: string }
  | {
      readonly type: 'apply'
      readonly file: string
      readonly changes: readonly TableChanges[]
      readonly checkpoint: number
      readonly expected: number
      readonly last?: EventName
    }
  | { readonly type: 'drop'; readonly file: string }
  | { readonly type: 'close' }

export type ViewFailure = { readonly failure: Failure; readonly reason: string }
export type ViewAnswer = 'done' | 'applied' | 'conflict' | ViewFailure

export type ToViewWriter = { readonly ticket: number; readonly request: ViewRequest }
export type FromViewWriter = { readonly ticket: number; readonly answer: ViewAnswer }

/** Of the tables of a file. */
export type CountRequest =
  | { readonly type: 'count'; readonly file: string; readonly tables: readonly string[] }
  /** Whatever lies there is about to go. */
  | { readonly type: 'forget'; readonly file: string }
  | { readonly type: 'close' }

/** `counted`: rows of each table. */
export type CountAnswer = 'done' | { readonly counted: { readonly [table: string]: number } } | ViewFailure
