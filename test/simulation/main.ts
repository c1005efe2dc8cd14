/** `npm run sim -- <name> --seed S …`: runs one simulation for as long as its options say; exit code 1 when it finds a fault. */
import { parseArgs } from 'node:util'

export type SimulationOptions = { readonly seed: number; readonly epochs: number }
/** Runs to its end, or throws at the first difference; what it returns is printed. */
export type Simulation = (options: SimulationOptions) => Promise<string>

const simulations: Readonly<Record<string, () => Promise<{ readonly simulation: Simulation }>>> = {
  mls: () => import('./mls.js'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, epochs: { type: 'string', default: '100' } },
})
const [name = ''] = positionals
const load = simulations[name]
if (load === undefined) {
  process.stderr.write(`usage: npm run sim -- <${Object.keys(simulations).join('|')}> [--seed S] [--epochs N]\n`)
  process.exit(64)
}
const { simulation } = await load()
try {
  process.stdout.write(`${await simulation({ seed: Number(values.seed), epochs: Number(values.epochs) })}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
}
