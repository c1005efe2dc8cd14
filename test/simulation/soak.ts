/** Honest load and every attack against one server that is never restarted: it must neither grow nor keep others waiting. */
import type { Simulation } from './main.js'
import { soak } from './soak/soak.js'
import { verdictOf } from './soak/verdict.js'

const minuteMs = 60_000
/** Of the attacks' time, before them. */
const aloneShare = 0.15

export const simulation: Simulation = async ({ seed, minutes }) => {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  say(`seed ${seed}, ${minutes} minutes`)
  const attackedMs = minutes * minuteMs
  const { memory, alone, attacked, answers, faults } = await soak({
    seed,
    aloneMs: attackedMs * aloneShare,
    attackedMs,
    say,
  })
  for (const [attack, heard] of answers)
    say(`${attack}: ${[...heard].map(([answer, count]) => `${answer} × ${count}`).join(', ')}`)
  return verdictOf({ memory, alone: alone.percentile(99), attacked: attacked.percentile(99), faults })
}
