// Makes a fresh clone ready to run: installs what package-lock.json names and compiles, each only when something changed.
// It has no dependencies, writes to stderr alone, and needs no network when nothing changed. `node scripts/setup.mjs server`
// compiles the server alone, without tests, demo and benchmarks.
import { setUp } from './setup/setUp.mjs'

await setUp(process.argv[2] ?? 'everything')
