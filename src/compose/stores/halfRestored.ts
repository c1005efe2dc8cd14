/** A restore that did not come to its end leaves a mark in what it was filling: no server starts on that, and no restore takes it for whole. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartupProblem } from '../process/startupProblem.js'
import type { Config } from '../settings/config.js'

/** In DATA_DIR while a restore is under way, and in KEYS_DIR when it brings the keys. */
export const restoringMark = 'restoring'

const isHalfRestored = (directory: string): boolean => existsSync(join(directory, restoringMark))

/** Keys without a mark were there before, and may be the only ones: nobody is told to empty those. Throws StartupProblem. */
export const refuseHalfRestored = ({ dataDir, keysDir }: Pick<Config, 'dataDir' | 'keysDir'>): void => {
  if (!isHalfRestored(dataDir)) return
  const what = isHalfRestored(keysDir)
    ? `empty it and KEYS_DIR ${keysDir}`
    : `empty it, but leave the keys in KEYS_DIR ${keysDir} as they are`
  throw new StartupProblem(78, `a restore into DATA_DIR ${dataDir} did not come to its end: ${what}, and restore again`)
}

/** They lack subjects, or whom the register names: nothing there tells. Throws StartupProblem. */
export const refuseHalfBroughtKeys = (keysDir: string): void => {
  if (isHalfRestored(keysDir))
    throw new StartupProblem(
      78,
      `a restore into KEYS_DIR ${keysDir} did not come to its end: empty it, and restore again`,
    )
}
