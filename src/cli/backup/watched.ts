/** A long command that may come to nothing: in one line why. */
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { BadExport } from '../exportFile.js'
import { ImportRefused } from '../importEvents.js'
import { BadBackup } from './manifest.js'

/** 74 for a backup that is damaged; `nothing`: what was done then. */
export const watched = async (
  nothing: string,
  note: (line: string) => void,
  work: () => Promise<void>,
): Promise<ExitCode> => {
  try {
    await work()
    return 0
  } catch (error) {
    if (!(error instanceof BadBackup || error instanceof BadExport || error instanceof ImportRefused)) throw error
    note(`homeserver: ${error.message}: ${nothing}`)
    return 74
  }
}
