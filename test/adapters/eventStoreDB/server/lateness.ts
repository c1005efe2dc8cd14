/** How late the test server answers: as a real one does, by a seed, since an answer in the same tick hides every race. */
import { seeded } from '../../../ports/seeded.js'

export type Lateness = {
  /** Resolves after some ms: usually one or two, now and then many. */
  pass(): Promise<void>
}

/** Figures of a real 23.10: an append p50 1.2 ms, and a pause now and then. */
const usualMs = [0, 1, 1, 2, 3]
const longMs = 12
const oneIn = 40

export const createLateness = (seed: number): Lateness => {
  const random = seeded(seed)
  return {
    pass: () =>
      new Promise((resolve) => {
        const ms = random.integer(oneIn) === 0 ? longMs : random.pick(usualMs)
        if (ms === 0) setImmediate(resolve)
        else setTimeout(resolve, ms)
      }),
  }
}
