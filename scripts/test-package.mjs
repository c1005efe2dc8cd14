// `npm run test:package`: what would be published holds what it needs and no tests, and runs on the newest release of every
// line of Node that is supported: the server started from the clone, chatted through, stopped, and started again from the
// package; the client installed in a project of its own, in every Node and in a browser. It needs the npm registry (or its
// cache); what cannot be had is skipped aloud.
import { rmSync } from 'node:fs'
import { clientUse } from './package/clientUse.mjs'
import { findNode } from './package/findNode.mjs'
import { packed } from './package/packed.mjs'
import { smoke } from './package/smoke.mjs'

const versions = ['20.20.2', '22.23.5', '24.22.3', '26.12.1']

const rows = []
const row = (name, result) => {
  rows.push(`${name}: ${result}`)
  process.stdout.write(`${rows.at(-1)}\n`)
}
const { folder, problems } = packed()
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
row('server', problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`)
const nodes = []
for (const version of versions) {
  const { node, missing } = findNode(version)
  if (missing === undefined) nodes.push([`Node ${version}`, node])
  row(`server, Node ${version}`, missing === undefined ? await smoke(node, folder) : `SKIPPED, ${missing}`)
}
await clientUse(nodes, row)
process.stdout.write(`\n${rows.join('\n')}\n`)
process.exitCode = rows.some((line) => line.includes(': FAILED')) ? 1 : 0
