/** `npm run sim -- <name> --seed S …`: runs one simulation for as long as its options say; exit code 1 when it finds a fault. */
import { parseArgs } from 'node:util'

export type SimulationOptions = {
  readonly seed: number
  /** `mls`: how long the group lives. */
  readonly epochs: number
  /** `kills`: how often something is killed. */
  readonly rounds: number
  /** `kills`: two processes on the production stores instead of one on its own. */
  readonly cluster: boolean
}
/** Runs to its end, or throws at the first difference; what it returns is printed. */
export type Simulation = (options: SimulationOptions) => Promise<string>

const simulations: Readonly<Record<string, () => Promise<{ readonly simulation: Simulation }>>> = {
  mls: () => import('./mls.js'),
  kills: () => import('./kills.js'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '20' },
    cluster: { type: 'boolean', default: false },
  },
})
const [name = ''] = positionals
const load = simulations[name]
if (load === undefined) {
  process.stderr.write(
    `usage: npm run sim -- <${Object.keys(simulations).join('|')}> [--seed S] [--epochs N] [--rounds N] [--cluster]\n`,
  )
  process.exit(64)
}
const { simulation } = await load()
const options: SimulationOptions = {
  seed: Number(values.seed),
  epochs: Number(values.epochs),
  rounds: Number(values.rounds),
  cluster: values.cluster,
}
try {
  process.stdout.write(`${await simulation(options)}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
}
process.exit()
