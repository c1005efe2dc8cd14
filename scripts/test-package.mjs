// `npm run test:package`: what would be published holds what it needs and no tests, and runs on the newest release of every
// line of Node that is supported: started from the clone, chatted through, stopped, and started again from the package.
// It needs the npm registry (or its cache) for the Nodes; where one cannot be had, that line is skipped aloud.
import { rmSync } from 'node:fs'
import { findNode } from './package/findNode.mjs'
import { packed } from './package/packed.mjs'
import { smoke } from './package/smoke.mjs'

const versions = ['20.20.2', '22.23.5', '24.22.3', '26.12.1']

const { folder, problems } = packed()
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const rows = [['package', problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`]]
for (const version of versions) {
  const { node, missing } = findNode(version)
  const result = missing === undefined ? await smoke(node, folder) : `SKIPPED, ${missing}`
  rows.push([`Node ${version}`, result])
  process.stdout.write(`${rows.at(-1).join(': ')}\n`)
}
process.stdout.write(`\n${rows.map((row) => row.join(': ')).join('\n')}\n`)
process.exitCode = rows.some(([, result]) => result.startsWith('FAILED')) ? 1 : 0
