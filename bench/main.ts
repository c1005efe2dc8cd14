/** `npm run bench -- <name…>`: runs the named benchmarks, or lists them. Numbers never decide whether tests pass. */
import { cpus } from 'node:os'
import { readdirSync } from 'node:fs'

export type Bench = { readonly name: string; readonly run: () => Promise<void> }

const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.js') && file !== 'main.js')
const benches = new Map(files.map((file) => [file.slice(0, -'.js'.length), file]))
const wanted = process.argv.slice(2)

const unknown = wanted.filter((name) => !benches.has(name))
if (wanted.length === 0 || unknown.length > 0) {
  for (const name of unknown) process.stderr.write(`no such benchmark: ${name}\n`)
  process.stdout.write(`benchmarks: ${[...benches.keys()].join(' ')}\n`)
  process.exit(wanted.length === 0 ? 0 : 64)
}

process.stdout.write(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
for (const name of wanted) {
  const { bench } = (await import(`./${benches.get(name) ?? ''}`)) as { readonly bench: Bench }
  process.stdout.write(`\n${bench.name}\n`)
  await bench.run()
}
process.exit(0)
