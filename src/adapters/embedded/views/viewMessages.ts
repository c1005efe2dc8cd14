/** What the main thread and the read models' writer thread say to each other. */
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
  | { readonly type: 'count'; readonly file: string }
  | { readonly type: 'drop'; readonly file: string }
  | { readonly type: 'close' }

/** Rows of each table. */
export type Counted = { readonly counted: { readonly [table: string]: number } }
export type ViewFailure = { readonly failure: Failure; readonly reason: string }
export type ViewAnswer = 'done' | 'applied' | 'conflict' | Counted | ViewFailure

export type ToViewWriter = { readonly ticket: number; readonly request: ViewRequest }
export type FromViewWriter = { readonly ticket: number; readonly answer: ViewAnswer }
