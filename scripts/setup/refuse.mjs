// What set-up cannot do, said in one line.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

export const say = (line) => process.stderr.write(`setup: ${line}\n`)

/** An end that needs no stack trace. */
export class CannotSetUp extends Error {}

/** Ends the process. Only what nobody foresaw shows where it came from. */
export const fail = (error) => {
  const isOfTheDisk = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'].includes(error.code)
  say(error instanceof CannotSetUp || isOfTheDisk ? error.message : error.stack)
  process.exit(1)
}

export const refuseOldNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    throw new CannotSetUp(`Node ${process.versions.node} is too old: 20.19 or newer is needed`)
}

/** In a clone that another user made, npm and tsc would fail one file after another. */
export const refuseOthersFolder = () => {
  const folder = ['.', 'node_modules', 'dist', join('dist', 'checks')]
    .map((name) => join(root, name))
    .find((path) => existsSync(path) && !mayWrite(path))
  if (folder === undefined) return
  const owner = statSync(folder).uid
  const whose = owner === process.getuid?.() ? 'is read-only' : `belongs to another user (${owner})`
  throw new CannotSetUp(`cannot write to ${folder}, which ${whose}: run as its owner, or clone it anew`)
}

const mayWrite = (path) => {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
