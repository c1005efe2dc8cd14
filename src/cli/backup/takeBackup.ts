/**
 * Takes a backup of an embedded server, running or not. Blobs and assets are copied before the log and those that are new after
 * it: what the log names is then there, also when a sweep takes away meanwhile what only an older log named (it spares what is
 * younger than a day), and when an asset is deleted meanwhile. Assets in S3 are not in it. The keys are copied last, into a directory of their own, because erasing a person's key must not be
 * undone by whoever has the log.
 */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { serverAggregate } from '../../commands/server/server.js'
import { readImported } from '../../compose/stores/importedLog.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import {
  copyLogHere,
  logFileProblemsHere,
  openLogToReadHere,
  streamsHere,
  terminalClock,
} from '../../compose/terminal.js'
import { version } from '../../compose/version.js'
import { serverStream } from '../../events/server.js'
import type { EventStore } from '../../ports/eventStore.js'
import { verifyLog } from '../verifyLog.js'
import { withLog } from '../withLog.js'
import { assetCopy } from './assetCopy.js'
import { copyDurably, filesIn, unlessGone } from './files.js'
import { holdAssets } from './holdAssets.js'
import { BadBackup, writeManifest } from './manifest.js'
import type { Progress } from '../progress.js'

export type Taken = {
  readonly logId: string
  readonly head: number
  readonly events: number
  readonly blobs: number
  readonly assets: number
}

/** What of KEYS_DIR is the keys. */
const keyEntries = ['server', 'subjects', 'log-begun']

/** Fills two empty directories, of data and of keys. Throws BadBackup for a log or a blob that is damaged, StartupProblem, StorageFull. */
export const takeBackup = async (config: Config, data: string, keys: string, progress: Progress): Promise<Taken> => {
  const blobs = { from: join(config.dataDir, 'blobs'), to: join(data, 'blobs') }
  await copyNewBlobs(blobs, progress)
  const assets = assetCopy(config, data, progress)
  await assets.copy()
  await copyLogHere(config, join(data, 'events.db'), (bytes) => {
    progress.say(`copying the log: ${Math.round(bytes / 1e6)} MB`)
  })
  await copyNewBlobs(blobs, progress)
  await assets.copy()
  await copyKeys(config.keysDir, keys)
  const log = await examine({ ...config, dataDir: data }, progress)
  const held = config.s3 === undefined ? await holdAssets(config, data, progress) : 0
  const about = {
    version: 1,
    domain: log.domain,
    keysFingerprint: log.keysFingerprint,
    taken: terminalClock.now(),
    software: version,
  } as const
  const { logId: id, head, events } = log
  await writeManifest(keys, { format: 'mls-homeserver-keys-backup', ...about }, progress)
  await writeManifest(data, { format: 'mls-homeserver-backup', ...about, log: { id, head, events } }, progress)
  return { logId: id, head, events, blobs: (await filesIn(blobs.to)).length, assets: held }
}

const copyNewBlobs = async (
  { from, to }: { readonly from: string; readonly to: string },
  progress: Progress,
): Promise<void> => {
  const there = new Set(await filesIn(to))
  for (const [n, file] of (await filesIn(from)).entries()) {
    if (there.has(file) || file.startsWith('incoming/')) continue
    progress.say(`copying blobs: ${n}`)
    await unlessGone(copyDurably(join(from, file), join(to, file)))
  }
}

const copyKeys = async (from: string, to: string): Promise<void> => {
  for (const entry of keyEntries) {
    const found = await lstat(join(from, entry)).catch(() => undefined)
    const files = found?.isDirectory() === true ? await filesIn(from, entry) : found === undefined ? [] : [entry]
    for (const file of files) await unlessGone(copyDurably(join(from, file), join(to, file)))
  }
}

type Examined = Omit<Taken, 'blobs' | 'assets'> & { readonly domain: string; readonly keysFingerprint: string }

/** Walks the copy: what is damaged must not take the place of an older backup that is not. */
const examine = async (config: Config, progress: Progress): Promise<Examined> => {
  progress.say('examining the copy of the log')
  const [problem] = await logFileProblemsHere(config)
  if (problem !== undefined) throw new BadBackup(`the log is damaged: ${problem}`)
  return withLog(openLogToReadHere(config), async (events) => {
    const served = await servedLog(events)
    const broken: string[] = []
    const { events: count } = await verifyLog(events, (line) => broken.push(line))
    if (broken[0] !== undefined) throw new BadBackup(`the log is damaged: ${broken[0]}`)
    return { ...served, head: await events.head(), events: count }
  })
}

const servedLog = async (events: EventStore) => {
  if ((await readImported(events)).unfinished)
    throw new StartupProblem(78, 'an import into this log did not come to its end')
  const { state } = await streamsHere(events).read(serverAggregate, serverStream)
  if (state.status === 'new') throw new StartupProblem(78, 'this log has never been served')
  const { logId, domain, keysFingerprint } = state
  return { logId, domain, keysFingerprint }
}
