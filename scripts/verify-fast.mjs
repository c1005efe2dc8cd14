// `npm run verify:fast`: build, lint and tests of the rooms that need no network, disk or driver, in under a minute on two
// cores. What it passes may still break elsewhere: `npm run verify` decides. The last line is `N passed, M failed`.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup/root.mjs'

const rooms = [
  'mls',
  'events',
  'ports',
  'limits',
  'structures',
  'streams',
  'commands',
  'items',
  'projections',
  'delivery',
  'reactions',
  'golden',
]
const folders = rooms
  .flatMap((room) => [`src/${room}`, `test/${room}`])
  .filter((folder) => existsSync(join(root, folder)) && folder !== 'test/golden')
const specs = rooms.map((room) => `dist/checks/test/${room}/**/*.test.js`)

const cache = join('node_modules', '.cache')
const program = (name, ...path) => join('node_modules', name, ...path)
const steps = [
  [program('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', ...folders, 'scripts'],
  [program('eslint', 'bin', 'eslint.js'), '--cache', '--cache-location', `${join(cache, 'eslint')}/`, ...folders],
  [program('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), '--config', '.dependency-cruiser.cjs', 'src'],
]

const run = (args) =>
  new Promise((resolve) => {
    let output = ''
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })

const lint = async () => {
  const results = []
  for (const step of steps) results.push(await run(step))
  return results
}

const [linted, tested] = await Promise.all([lint(), run([program('mocha', 'bin', 'mocha.js'), ...specs])])
for (const { code, output } of linted) if (code !== 0) process.stdout.write(output)
process.stdout.write(tested.output)
process.exitCode = [...linted, tested].some(({ code }) => code !== 0) ? 1 : 0
