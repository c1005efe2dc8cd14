/** `servers`: three servers of three domains, each a process, killed and frozen while people of all three talk; see servers/live.ts. */
import { liveTogether } from './servers/live.js'
import type { Simulation } from './main.js'

export const simulation: Simulation = async ({ seed, steps, rounds }) => {
  const { faults, line } = await liveTogether({ seed, operations: steps, strikes: rounds })
  return faults.length === 0 ? line : `FAIL ${line}\n     ${faults.slice(0, 20).join('\n     ')}`
}
