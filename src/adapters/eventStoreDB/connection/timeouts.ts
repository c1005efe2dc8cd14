/** How long the adapter waits for EventStoreDB, in milliseconds. */

export type Timeouts = {
  /** One attempt of one call: after this its outcome is unknown. When all fail for so long, the store is known to be away. */
  readonly callMs: number
  /** An append or a read with all its attempts, before StoreUnavailable reaches the caller. */
  readonly totalMs: number
}

export const defaultTimeouts: Timeouts = { callMs: 4_000, totalMs: 8_000 }

const pauseFirstMs = 25
const pauseMaxMs = 1_000

/** The pause before attempt `failures + 1`: doubling, and at most a second. */
export const pauseAfter = (failures: number): number => Math.min(pauseFirstMs * 2 ** (failures - 1), pauseMaxMs)
