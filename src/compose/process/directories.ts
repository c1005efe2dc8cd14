/** The directories that a server keeps for itself: there, writable, and closed to others; or what to do about it. */
import { constants } from 'node:fs'
import { access, chmod, lstat, mkdir, readlink, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { unlessMissing } from '../../adapters/durableFiles.js'
import { StartupProblem } from './startupProblem.js'
import { startupProblemOf } from './startupProblemOf.js'

/** Read, write and enter, for users who are neither the owner nor of its group; and writing alone. */
const othersMask = 0o007
const othersWrite = 0o002

/** What lies in a directory that was in use: its secrets may have been read. */
const signsOfUse = { DATA_DIR: 'events.db', KEYS_DIR: 'server' } as const

/** Makes it (mode 0700) where it is not there; closes one that is new and was made by a mere `mkdir`. Throws StartupProblem. */
export const prepareDirectory = async (setting: 'DATA_DIR' | 'KEYS_DIR', directory: string): Promise<void> => {
  const what = `${setting} ${directory}`
  try {
    await refuseFile(what, directory)
    await refuseUnwritable(directory)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await closeToOthers(what, directory, signsOfUse[setting])
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

const closeToOthers = async (what: string, directory: string, signOfUse: string): Promise<void> => {
  const { mode } = await stat(directory)
  if (process.platform === 'win32' || (mode & othersMask) === 0) return
  const used = (await unlessMissing(lstat(join(directory, signOfUse)))) !== undefined
  if (!used && (mode & othersWrite) === 0 && (await closed(directory, mode))) return
  const octal = (mode & 0o7777).toString(8)
  throw new StartupProblem(78, `${what} is open to others (mode ${octal}): chmod 700 ${directory}`)
}

/** False where it is not ours to close. */
const closed = (directory: string, mode: number): Promise<boolean> =>
  chmod(directory, mode & ~othersMask & 0o7777).then(
    () => true,
    () => false,
  )
