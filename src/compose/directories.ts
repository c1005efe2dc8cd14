/** The directories that a server keeps for itself: there, writable, and closed to others; or what to do about it. */
import { constants } from 'node:fs'
import { access, lstat, mkdir, readlink, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { unlessMissing } from '../adapters/keys/durableFiles.js'
import { StartupProblem } from './startupProblem.js'
import { startupProblemOf } from './startupProblemOf.js'

/** Read, write and enter, for users who are neither the owner nor of its group. */
const othersMask = 0o007

/** Makes it (mode 0700) where it is not there. Throws StartupProblem. */
export const prepareDirectory = async (setting: 'DATA_DIR' | 'KEYS_DIR', directory: string): Promise<void> => {
  const what = `${setting} ${directory}`
  try {
    await refuseFile(what, directory)
    await refuseUnwritable(directory)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await refuseOpen(what, directory)
  } catch (error) {
    throw startupProblemOf(error, what) ?? error
  }
}

const refuseFile = async (what: string, directory: string): Promise<void> => {
  const there = await unlessMissing(stat(directory))
  if (there?.isDirectory() === false) throw new StartupProblem(78, `${what} is a file, not a directory`)
  if (there === undefined && (await unlessMissing(lstat(directory))) !== undefined)
    throw new StartupProblem(78, `${what} is a link to ${await readlink(directory)}, where nothing is`)
}

/** It, or the nearest directory above it that is there: mkdir says ENOENT where the truth is a read-only disk. */
const refuseUnwritable = async (directory: string): Promise<void> => {
  const there = await unlessMissing(stat(directory))
  if (there === undefined && dirname(directory) !== directory) await refuseUnwritable(dirname(directory))
  else await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
}

const refuseOpen = async (what: string, directory: string): Promise<void> => {
  const { mode } = await stat(directory)
  if (process.platform === 'win32' || (mode & othersMask) === 0) return
  const octal = (mode & 0o7777).toString(8)
  throw new StartupProblem(78, `${what} is open to others (mode ${octal}): chmod 700 ${directory}`)
}
