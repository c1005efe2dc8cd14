/** `npm run sim -- <name> --seed S …`: runs one simulation for as long as its options say; exit code 1 when it finds a fault. */
import { parseArgs } from 'node:util'

export type SimulationOptions = {
  readonly seed: number
  /** `mls`: how long the group lives. */
  readonly epochs: number
  /** `kills`, `servers`: how often something is killed, or frozen. */
  readonly rounds: number
  /** `kills`: two processes on the production stores instead of one on its own. */
  readonly cluster: boolean
  /** `soak`: how long the attacks last. */
  readonly minutes: number
  /** `federation`: histories, from `seed` on; how many servers and steps each has. `servers`: operations. */
  readonly seeds: number
  readonly servers: number
  readonly steps: number
}
/** Runs to its end, or throws at the first difference; what it returns is printed, and is a fault where it begins with FAIL. */
export type Simulation = (options: SimulationOptions) => Promise<string>

const simulations: Readonly<Record<string, () => Promise<{ readonly simulation: Simulation }>>> = {
  mls: () => import('./mls.js'),
  kills: () => import('./kills.js'),
  soak: () => import('./soak.js'),
  federation: () => import('./federation.js'),
  servers: () => import('./servers.js'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '20' },
    cluster: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '20' },
    seeds: { type: 'string', default: '30' },
    servers: { type: 'string', default: '5' },
    steps: { type: 'string', default: '200' },
  },
})
const [name = ''] = positionals
const load = simulations[name]
if (load === undefined) {
  process.stderr.write(
    `usage: npm run sim -- <${Object.keys(simulations).join('|')}> [--seed S] [--epochs N] [--rounds N] [--cluster] [--minutes N] [--seeds N] [--servers N] [--steps M]\n`,
  )
  process.exit(64)
}
const { simulation } = await load()
const options: SimulationOptions = {
  seed: Number(values.seed),
  epochs: Number(values.epochs),
  rounds: Number(values.rounds),
  cluster: values.cluster,
  minutes: Number(values.minutes),
  seeds: Number(values.seeds),
  servers: Number(values.servers),
  steps: Number(values.steps),
}
try {
  const line = await simulation(options)
  process.stdout.write(`${line}\n`)
  if (line.startsWith('FAIL')) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
}
process.exit()
