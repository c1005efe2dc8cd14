/** Which keys a restore brings, and who among their people was erased. */
import { join } from 'node:path'
import type { Config } from '../../compose/settings/config.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { hashOfUser, keysApart, keysThere } from '../../compose/terminal.js'
import type { Erasure, Keys } from '../../ports/keys.js'
import { enterErasures, userIn } from '../erasures/enter.js'
import { registerIn } from '../erasures/file.js'
import { erasuresFile } from './copyKeys.js'
import { copyDurably, syncTree } from './files.js'
import { heldKeys } from './heldKeys.js'
import { holdFile } from './manifest.js'
import type { KeysManifest, LogManifest } from './manifest.js'
import type { Progress } from '../progress.js'
import { refuseUnlessEmpty } from './wholeOrNot.js'

/** What an operator says of those who were erased after the backup was taken. */
export type Since = { readonly erasures: string | undefined; readonly noErasuresSince: boolean }

export type KeysToRestore = {
  /** Of the keys that are brought; undefined where KEYS_DIR has them, and they stay. */
  readonly manifest: KeysManifest | undefined
  /** All who were erased. */
  readonly erased: readonly Erasure[]
}

/** Throws BadBackup, StartupProblem. */
export const keysToRestore = async (
  { keysDir }: Pick<Config, 'keysDir'>,
  backup: LogManifest,
  keys: string,
  since: Since,
  progress: Progress,
): Promise<KeysToRestore> => {
  const there = await keysThere(keysDir)
  if (there !== undefined && there.server.fingerprint !== backup.keysFingerprint)
    throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds the keys of another server than the backup's`)
  if (there !== undefined) {
    const known = await there.erasures.list()
    return { manifest: undefined, erased: [...known, ...(await given(since, there))] }
  }
  refuseUnlessSaid(since)
  const { manifest, held, own } = await heldKeys(keys, backup, progress)
  await refuseUnlessEmpty(keysDir)
  const newer = await given(since, held)
  const missing = own.find(({ user }) => !newer.some((one) => one.user === user))
  if (since.erasures !== undefined && missing !== undefined)
    throw new StartupProblem(
      78,
      `${since.erasures} is older than the backup: it lacks an erasure of ${new Date(missing.at).toISOString()}`,
    )
  return { manifest, erased: [...own, ...newer] }
}

const refuseUnlessSaid = ({ erasures, noErasuresSince }: Since): void => {
  if (erasures === undefined && !noErasuresSince)
    throw new StartupProblem(
      78,
      'who was erased since this backup would come back with its keys: name the register by --erasures FILE (homeserver erasures export, or erasures.jsonl among the keys of the newest backup), or say --no-erasures-since where there is none',
    )
}

const given = ({ erasures }: Since, keys: Keys): Promise<readonly Erasure[]> =>
  erasures === undefined ? Promise.resolve([]) : registerIn(erasures, keys)

/** Fills KEYS_DIR, but for the keys of who was erased; where there are keys, it takes away those. Enters the erasures. */
export const bringKeys = async (
  { keysDir, domain }: Pick<Config, 'keysDir' | 'domain'>,
  from: string,
  { manifest, erased }: KeysToRestore,
): Promise<void> => {
  const gone = new Set(erased.map(({ user }) => user))
  if (manifest !== undefined) {
    const kept = Object.keys(manifest.files).filter((file) => file !== erasuresFile && !isOf(file, domain, gone))
    for (const file of kept) {
      await copyDurably(join(from, file), join(keysDir, file))
      await holdFile(keysDir, file, manifest.files[file])
    }
    await syncTree(keysDir)
  }
  const keys = await keysApart(keysDir)
  if (keys === undefined) throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds no keys`)
  await enterErasures({ keysDir }, keys, erased)
  await keys.close()
}

const isOf = (file: string, domain: string, gone: ReadonlySet<string>): boolean => {
  const user = file.startsWith('subjects/') ? userIn(file, domain) : undefined
  return user !== undefined && gone.has(hashOfUser(user))
}
