/** Chance by a seed: the same steps again for the same number. */

export type Chance = {
  /** 0 ≤ n < below. */
  readonly below: (limit: number) => number
  readonly one: <T>(of: readonly T[]) => T | undefined
  /** True so often of a hundred. */
  readonly percent: (often: number) => boolean
  readonly bytes: (length: number) => Uint8Array
}

/** mulberry32. */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return {
    below,
    one: (of) => of[below(Math.max(1, of.length))],
    percent: (often) => below(100) < often,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  }
}
