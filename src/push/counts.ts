/** What became of pushes since the start, for the operator: sums that name nobody. */

export type PushCounts = {
  /** Taken by a push service. */
  readonly told: number
  readonly failed: number
  /** Receivers that were none any more. */
  readonly gone: number
  /** Wakes that nobody could be told of for a day. */
  readonly givenUp: number
}

export type Counts = {
  readonly count: (what: keyof PushCounts) => void
  readonly now: () => PushCounts
}

export const keepCounts = (): Counts => {
  let counts: PushCounts = { told: 0, failed: 0, gone: 0, givenUp: 0 }
  return {
    count: (what) => {
      counts = { ...counts, [what]: counts[what] + 1 }
    },
    now: () => counts,
  }
}
