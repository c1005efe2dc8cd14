/** How long others waited for what they asked for. */

export type Waits = {
  readonly add: (ms: number) => void
  readonly count: () => number
  /** The wait, ms, that so many of a hundred do not exceed; 0 of none. */
  readonly percentile: (of: number) => number
}

export const countWaits = (): Waits => {
  const waits: number[] = []
  return {
    add: (ms) => void waits.push(ms),
    count: () => waits.length,
    percentile: (of) => percentileOf(waits, of),
  }
}

export const percentileOf = (values: readonly number[], of: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * of) / 100))] ?? 0
}
