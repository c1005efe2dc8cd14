/** `federation`: servers with groups that span them, over a network that does its worst; see federation/simulate.ts. */
import type { Simulation } from './main.js'
import { crowdOf } from './federation/people.js'
import { domainsOf, simulate } from './federation/simulate.js'

export const simulation: Simulation = async ({ seed, seeds, servers, steps }) => {
  const crowd = await crowdOf(domainsOf(servers), 3)
  let [sent, gaps, joins] = [0, 0, 0]
  for (let one = seed; one < seed + seeds; one++) {
    const history = await simulate({ seed: one, steps, crowd })
    if (history.faults.length > 0) return `FAIL ${history.faults.slice(0, 5).join('\n     ')}`
    sent += history.sent
    gaps += history.gaps
    joins += history.joins
  }
  return `PASS ${seeds} seeds from ${seed}, ${steps} steps each: ${sent} items, ${joins} joins and ${gaps} gaps among them`
}
