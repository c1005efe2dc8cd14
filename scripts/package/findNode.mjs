// A Node of a given version, from the npm packages that hold nothing else. Kept below node_modules, never shipped.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmProgram } from '../setup/npm.mjs'
import { root } from '../setup/root.mjs'

/** { node: its path } once it runs as that version, or { missing: why }. */
export const findNode = (version) => {
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(root, 'node_modules', '.cache', `${name}-${version}`)
  const node = join(folder, 'node_modules', name, 'bin', 'node')
  if (runs(node, version)) return { node }
  process.stderr.write(`installing ${name}@${version}\n`)
  const problem = install(`${name}@${version}`, folder)
  if (problem !== undefined) return { missing: problem }
  return runs(node, version) ? { node } : { missing: `${name}@${version} does not run here` }
}

const runs = (node, version) => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}`

/** Into a folder beside, then renamed: a half-made one is never taken for whole. */
const install = (what, folder) => {
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  writeFileSync(join(making, 'package.json'), '{"private":true}')
  const options = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', what]
  const { status, stderr } = spawnSync(process.execPath, [npmProgram(), ...options], { cwd: making, encoding: 'utf8' })
  rmSync(status === 0 ? folder : making, { recursive: true, force: true })
  if (status !== 0) return `${what} cannot be installed: ${stderr.trim().split('\n')[0]}`
  if (!existsSync(folder)) renameSync(making, folder)
  return undefined
}
