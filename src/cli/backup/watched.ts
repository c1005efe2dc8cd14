/** A long command as it is watched: how far it is, and in one line why it came to nothing. */
import { terminalClock } from '../../compose/terminal.js'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { BadExport } from '../exportFile.js'
import { ImportRefused } from '../importEvents.js'
import { BadBackup } from './manifest.js'
import { progressOn } from './progress.js'
import type { Progress } from './progress.js'

/** 74 for a backup that is damaged; `nothing`: what was done then. */
export const watched = async (
  nothing: string,
  note: (line: string) => void,
  work: (progress: Progress) => Promise<void>,
): Promise<ExitCode> => {
  const progress = progressOn(process.stderr, () => terminalClock.now())
  try {
    await work(progress)
    return 0
  } catch (error) {
    if (!(error instanceof BadBackup || error instanceof BadExport || error instanceof ImportRefused)) throw error
    progress.end()
    note(`homeserver: ${error.message}: ${nothing}`)
    return 74
  } finally {
    progress.end()
  }
}
