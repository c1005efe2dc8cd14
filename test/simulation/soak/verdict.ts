/** Whether a server stood a siege: its memory does not grow, and others wait no more than twice as long. */
import { percentileOf } from './waits.js'

export type Siege = {
  /** Resident memory, MiB, in samples of equal distance from the first attack to the last. */
  readonly memory: readonly number[]
  /** The p99 of what others waited for, ms, before the attacks and under them. */
  readonly alone: number
  readonly attacked: number
  /** Whatever else may never be. */
  readonly faults: readonly string[]
}

const memoryGrowthMax = 1.1
const waitGrowthMax = 2

/** `PASS …` or `FAIL …: why`. Of 20 minutes, minutes 5 to 10 are held against the last five; of others, the same quarters. */
export const verdictOf = ({ memory, alone, attacked, faults }: Siege): string => {
  const [early, late] = [medianOf(memory, 1 / 4, 1 / 2), medianOf(memory, 3 / 4, 1)]
  const growth = late / early
  const slower = attacked / alone
  const failures = [
    ...(growth <= memoryGrowthMax ? [] : ['resident memory grows']),
    ...(slower <= waitGrowthMax ? [] : ['others wait longer']),
    ...faults.slice(0, 5),
  ]
  const resident = `resident ${early.toFixed(0)} → ${late.toFixed(0)} MiB (× ${growth.toFixed(2)})`
  const waits = `others' p99 ${alone.toFixed(1)} → ${attacked.toFixed(1)} ms (× ${slower.toFixed(2)})`
  const figures = `${resident}, ${waits}, ${faults.length} faults`
  return failures.length === 0 ? `PASS ${figures}` : `FAIL ${figures}: ${failures.join('; ')}`
}

const medianOf = (samples: readonly number[], from: number, to: number): number =>
  percentileOf(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)), 50)
