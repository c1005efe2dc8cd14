// Installs what package-lock.json names, and tells whether that is there whole.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { npmProgram } from './npm.mjs'
import { CannotSetUp } from './refuse.mjs'
import { hashOf, root, stamp, stampIs } from './root.mjs'
import { run } from './run.mjs'

const lockFile = join(root, 'package-lock.json')
const stampFile = join(root, 'node_modules', '.setup')

/** No package is built here (--ignore-scripts), so that the platform matters and Node's version does not. */
export const wantedInstall = () => hashOf([lockFile], process.platform, process.arch)

/** Also false when packages went missing since, as after an interrupted or a production install by hand. */
export const isInstalled = () => stampIs(stampFile, wantedInstall()) && packages().every(isThere)

export const install = async () => {
  rmSync(stampFile, { force: true })
  const all = packages()
  const options = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  await run({
    what: 'installing dependencies',
    args: [npmProgram(), 'ci', ...options],
    howFar: () => `${all.filter(isThere).length} of ${all.length} packages`,
  })
  const missing = all.find((each) => !isThere(each))
  if (missing !== undefined) throw new CannotSetUp(`npm ci left out ${missing.path}: is there an .npmrc that omits it?`)
  stamp(stampFile, wantedInstall())
}

/** Those that every platform has. */
const packages = () =>
  Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages)
    .filter(([path, { optional, devOptional }]) => path.startsWith('node_modules/') && !optional && !devOptional)
    .map(([path, { version, link }]) => ({ path, version, link }))

const isThere = ({ path, version, link }) => {
  const file = join(root, path, 'package.json')
  if (link === true) return existsSync(file)
  try {
    return JSON.parse(readFileSync(file, 'utf8')).version === version
  } catch {
    return false
  }
}
