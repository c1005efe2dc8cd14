// Finds npm as a program of this very Node: no npm.cmd, which Node refuses to start on Windows without a shell.
import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { CannotSetUp } from './refuse.mjs'

/** The path of npm-cli.js: the one that runs us, else the one beside node, else the one that PATH finds. */
export const npmProgram = (env = process.env, node = process.execPath) => {
  const found = candidates(env, node).find((path) => existsSync(path))
  if (found === undefined) throw new CannotSetUp(`npm is neither beside ${node} nor in PATH: install it`)
  return found
}

const candidates = (env, node) => {
  const folder = dirname(node)
  return [
    ...(isNpm(env.npm_execpath) ? [env.npm_execpath] : []),
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(folder), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...(env.PATH ?? env.Path ?? '').split(delimiter).flatMap(npmIn),
  ]
}

/** Under yarn or pnpm npm_execpath is theirs. */
const isNpm = (path) => path !== undefined && basename(path) === 'npm-cli.js'

/** A folder of PATH holds npm as a link to npm-cli.js, or (Windows) its package beside npm.cmd. */
const npmIn = (folder) => {
  const beside = join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')
  try {
    const linked = realpathSync(join(folder, 'npm'))
    return isNpm(linked) ? [linked, beside] : [beside]
  } catch {
    return [beside]
  }
}
