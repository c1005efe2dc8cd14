/** The directories that a server keeps for itself: there, writable, and closed to others; or what to do about it. */
import { constants } from 'node:fs'
import { access, lstat, mkdir, readlink, stat } from 'node:fs/promises'
import { StartupProblem } from './startupProblem.js'
import { startupProblemOf } from './startupProblemOf.js'

/** Read, write and enter, for users who are neither the owner nor of its group. */
const othersMask = 0o007

/** Makes it (mode 0700) where it is not there. Throws StartupProblem. */
export const prepareDirectory = async (setting: 'DATA_DIR' | 'KEYS_DIR', directory: string): Promise<void> => {
  const what = `${setting} ${directory}`
  try {
    await refuseDanglingLink(what, directory)
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch(unlessThere)
    const { mode } = await directoryAt(what, directory)
    if (process.platform !== 'win32' && (mode & othersMask) !== 0) {
      const octal = (mode & 0o7777).toString(8)
      throw new StartupProblem(78, `${what} is open to others (mode ${octal}): chmod 700 ${directory}`)
    }
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw startupProblemOf(error, what) ?? error
  }
}

const refuseDanglingLink = async (what: string, directory: string): Promise<void> => {
  const there = await lstat(directory).catch(() => undefined)
  if (there?.isSymbolicLink() !== true) return
  const target = await stat(directory).catch(() => undefined)
  if (target === undefined)
    throw new StartupProblem(78, `${what} is a link to ${await readlink(directory)}, where nothing is`)
}

const unlessThere = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

const directoryAt = async (what: string, directory: string) => {
  const there = await stat(directory)
  if (!there.isDirectory()) throw new StartupProblem(78, `${what} is a file, not a directory`)
  return there
}
