/** Puts a backup into an empty DATA_DIR, where it becomes another log. Everything is examined before a byte is written. */
import { mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { serverAggregate } from '../../commands/server/server.js'
import { prepareDirectory } from '../../compose/process/directories.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { giveAnotherId } from '../../compose/stores/rollback.js'
import type { Config } from '../../compose/settings/config.js'
import { restoringMark } from '../../compose/stores/stores.js'
import {
  keysFingerprintHere,
  openLogToReadHere,
  openRestoredLogHere,
  streamsHere,
  terminalRandom,
} from '../../compose/terminal.js'
import { serverStream } from '../../events/server.js'
import { withLog } from '../withLog.js'
import { contentOf, copyDurably, syncNames, syncTree, writeDurably } from './files.js'
import { BadBackup, isSame, readManifest } from './manifest.js'
import type { Manifest, ManifestOf } from './manifest.js'
import type { Progress } from '../progress.js'
import { refuseUnlessEmpty, removedUnlessDone } from './wholeOrNot.js'

export type Restored = {
  readonly events: number
  readonly head: number
  readonly logId: string
  readonly former: string
  /** Whether the keys were brought back too, or were there. */
  readonly keys: 'restored' | 'there'
}

/** `data`, `keys`: the two directories that a backup made. Throws BadBackup, StartupProblem, StorageFull. */
export const restoreBackup = async (
  config: Config,
  data: string,
  keys: string,
  progress: Progress,
): Promise<Restored> => {
  const { dataDir, keysDir, domain } = config
  const inside = dirname(resolve(keysDir)) === resolve(dataDir) ? [basename(keysDir)] : []
  await refuseUnlessEmpty(dataDir, inside)
  const manifest = await readManifest(data, 'mls-homeserver-backup', progress)
  if (manifest.domain !== domain)
    throw new StartupProblem(78, `the backup is of ${manifest.domain}, DOMAIN is ${domain}`)
  const missingKeys = await keysToRestore(config, manifest, keys, progress)
  await holdAgainstLog(config, data, manifest)
  await prepareDirectory('DATA_DIR', dataDir)
  if (missingKeys !== undefined) await prepareDirectory('KEYS_DIR', keysDir)
  return removedUnlessDone(written(config, manifest, missingKeys), async () => {
    // A server that finds it does not start, should this end halfway.
    await writeDurably(join(dataDir, restoringMark), 'A restore is under way.\n')
    await syncNames(dataDir)
    await copyAll(data, dataDir, manifest, progress)
    if (missingKeys !== undefined) await copyAll(keys, keysDir, missingKeys, progress)
    progress.say('giving the log another id')
    const logId = await withLog(openRestoredLogHere(config), (events) =>
      giveAnotherId({ events, streams: streamsHere(events), random: terminalRandom }, manifest.log.id, 'restore'),
    )
    await rm(join(dataDir, restoringMark))
    await syncNames(dataDir)
    const { events, head, id: former } = manifest.log
    return { events, head, logId, former, keys: missingKeys === undefined ? 'there' : 'restored' }
  })
}

/** Undefined when KEYS_DIR has them: keys erased since the backup must not come back, so those that are there stay. */
const keysToRestore = async (
  config: Config,
  { keysFingerprint }: Manifest,
  keys: string,
  progress: Progress,
): Promise<ManifestOf<'mls-homeserver-keys-backup'> | undefined> => {
  const there = await keysFingerprintHere(config)
  if (there !== undefined && there !== keysFingerprint)
    throw new StartupProblem(78, `KEYS_DIR ${config.keysDir} holds the keys of another server than the backup's`)
  if (there !== undefined) return undefined
  const manifest = await readManifest(keys, 'mls-homeserver-keys-backup', progress)
  if (manifest.keysFingerprint !== keysFingerprint) throw new BadBackup(`${keys} holds the keys of another server`)
  await refuseUnlessEmpty(config.keysDir)
  return manifest
}

const holdAgainstLog = (config: Config, data: string, { log, domain }: ManifestOf<'mls-homeserver-backup'>) =>
  withLog(openLogToReadHere({ ...config, dataDir: data }), async (events) => {
    const { state } = await streamsHere(events).read(serverAggregate, serverStream)
    const same = state.status !== 'new' && state.logId === log.id && state.domain === domain
    if (!same || (await events.head()) !== log.head)
      throw new BadBackup(`${data} holds another log than its manifest says`)
  })

const copyAll = async (from: string, to: string, { files }: Manifest, progress: Progress): Promise<void> => {
  for (const [file, content] of Object.entries(files)) {
    progress.say(`restoring ${file}`)
    await copyDurably(join(from, file), join(to, file))
    if (!isSame(content, await contentOf(join(to, file))))
      throw new BadBackup(`${join(to, file)} could not be copied whole`)
  }
  await mkdir(to, { recursive: true, mode: 0o700 })
  await syncTree(to)
}

/** What is taken away again when a restore fails: nothing else was there. */
const written = ({ dataDir, keysDir }: Config, data: Manifest, keys: Manifest | undefined): readonly string[] => [
  ...topOf(data).map((name) => join(dataDir, name)),
  ...['events.db-wal', 'events.db-shm', 'lock.db'].map((name) => join(dataDir, name)),
  ...(keys === undefined ? [] : topOf(keys).map((name) => join(keysDir, name))),
  join(dataDir, restoringMark),
]

const topOf = ({ files }: Manifest): readonly string[] => [
  ...new Set(Object.keys(files).map((file) => file.split('/')[0] ?? '')),
]
