/** How loud a failure is told that is tried again: a store that is away is weather, anything else an error. */
import { LogDamaged, StoreUnavailable } from './eventStore.js'

export const loudness = (error: unknown): 'warn' | 'error' =>
  error instanceof StoreUnavailable && !(error instanceof LogDamaged) ? 'warn' : 'error'
