/** The keys of a backup, examined as a whole: before a restore brings them, and when somebody only wants to know. */
import { join } from 'node:path'
import { startupProblemOf } from '../../compose/process/startupProblemOf.js'
import { keysApart } from '../../compose/terminal.js'
import type { Erasure, Keys } from '../../ports/keys.js'
import { registerIn } from '../erasures/file.js'
import { erasuresFile } from './copyKeys.js'
import { BadBackup, holdFiles, readManifest } from './manifest.js'
import type { KeysManifest, LogManifest } from './manifest.js'
import type { Progress } from '../progress.js'

export type HeldKeys = {
  readonly manifest: KeysManifest
  readonly held: Keys
  /** The register as it was when they were backed up. */
  readonly own: readonly Erasure[]
}

/** `backup`: of the log that they belong to. Throws BadBackup, StartupProblem. */
export const heldKeys = async (
  directory: string,
  backup: Pick<LogManifest, 'keysFingerprint'>,
  progress: Progress,
): Promise<HeldKeys> => {
  const { manifest } = await readManifest(directory, 'mls-homeserver-keys-backup')
  await holdFiles(directory, manifest, progress)
  const held = await openedIn(directory)
  if (held === undefined || held.server.fingerprint !== backup.keysFingerprint)
    throw new BadBackup(`${directory} holds the keys of another server`)
  return { manifest, held, own: await registerIn(join(directory, erasuresFile), held) }
}

/** A disk that does not answer is no damage of the backup. */
const openedIn = async (directory: string): Promise<Keys | undefined> => {
  try {
    return await keysApart(directory)
  } catch (error) {
    if (!(error instanceof Error) || startupProblemOf(error) !== undefined) throw error
    throw new BadBackup(`${directory}: ${error.message}`)
  }
}
