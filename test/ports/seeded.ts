/** Random numbers that a seed repeats, for tests that shuffle. */

export type Seeded = {
  /** An integer from 0 to `below - 1`. */
  readonly integer: (below: number) => number
  readonly pick: <T>(items: readonly T[]) => T
}

/** Mulberry32: small, and the same on every machine. */
export const seeded = (seed: number): Seeded => {
  let state = seed >>> 0
  const integer = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
  return { integer, pick: (items) => items[integer(items.length)]! }
}
