/** What the main thread and the log's writer thread say to each other. */
import type { Appended } from '../../../ports/eventStore.js'
import type { AppendRequest } from './eventLog.js'

export type WriterData = { readonly file: string; readonly bytesMax?: number }

export type ToWriter =
  | { readonly type: 'append'; readonly appends: readonly (AppendRequest & { readonly ticket: number })[] }
  | { readonly type: 'truncate'; readonly ticket: number; readonly stream: string; readonly before: number }
  | { readonly type: 'close' }

/** Why nothing was written. full and busy pass; broken never does. */
export type WriterFailure = { readonly status: 'full' | 'unavailable'; readonly reason: string }

/** Why the log takes no writes; `forGood`: until the process is started again. */
export type Refusing = { readonly reason: string; readonly forGood: boolean }

export type FromWriter =
  | { readonly type: 'opened' }
  | { readonly type: 'appended'; readonly results: readonly (readonly [ticket: number, Appended | WriterFailure])[] }
  | { readonly type: 'truncated'; readonly ticket: number; readonly failure?: WriterFailure }
  /** From now on; undefined: it takes writes again. */
  | { readonly type: 'refusing'; readonly refusing: Refusing | undefined }
