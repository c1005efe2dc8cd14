/**
 * Takes a backup, while servers run or not, or of what came since an earlier one. Blobs are copied before the log and those
 * that are new after it, assets in the middle of it and after it: what the log names is then there, also when a sweep takes away
 * meanwhile what only an older log named, and when an asset is deleted meanwhile.
 */
import { open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { serverAggregate } from '../../commands/server/server.js'
import { readImported } from '../../compose/stores/importedLog.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import {
  logFileProblemsHere,
  openAssetBytesIn,
  openBlobsIn,
  openBytesHere,
  openLogToReadHere,
  streamsHere,
  terminalClock,
} from '../../compose/terminal.js'
import { version } from '../../compose/version.js'
import { serverStream } from '../../events/server.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Digest } from '../../ports/blobs.js'
import { promisedAssets } from '../promisedAssets.js'
import { withLog } from '../withLog.js'
import { assetIn, blobIn, filesOf, lastOf, logFile, placeFrom } from './chain.js'
import type { Chain } from './chain.js'
import { copyKeys } from './copyKeys.js'
import { copyLog } from './copyLog.js'
import { copyNewAssets, copyNewBlobs } from './copyNew.js'
import { BadBackup, holdFile, writeManifest } from './manifest.js'
import type { LogManifest } from './manifest.js'
import type { Progress } from '../progress.js'

export type Taking = {
  /** Two empty directories, and what the first will be called. */
  readonly data: string
  readonly keys: string
  readonly name: string
  readonly base: Chain | undefined
  readonly assets: LogManifest['assets']
}
export type Taken = Omit<LogManifest, 'files'> & { readonly erasures: number }

/** Throws BadBackup for a log, a blob or an earlier backup that is damaged, StartupProblem, StorageFull. */
export const takeBackup = async (config: Config, taking: Taking, progress: Progress): Promise<Taken> => {
  const { base } = taking
  refuseOtherAssets(taking)
  progress.say('examining the log')
  if (base === undefined) await examineFile(config)
  // What is written onto a log that is damaged is lost with it.
  else await holdFile(lastOf(base).directory, logFile, lastOf(base).manifest.files[logFile])
  return withLog(openLogToReadHere(config), async (events) => {
    const served = await servedLog(events)
    refuseOther(base, served)
    const from = await openBytesHere(config, served.logId, true)
    try {
      const copied = await copyAll({ events, from, served, progress }, taking)
      const erasures = await copyKeys(config.keysDir, taking.keys)
      const { domain, keysFingerprint } = served
      const about = { version: 2, domain, keysFingerprint, taken: terminalClock.now(), software: version } as const
      await writeManifest(taking.keys, { format: 'mls-homeserver-keys-backup', ...about, erasures }, progress)
      const manifest = { format: 'mls-homeserver-backup', ...about, ...copied } as const
      await writeManifest(taking.data, manifest, progress)
      return { ...manifest, erasures }
    } finally {
      await from.close()
    }
  })
}

/** SQLite's own look at the whole of it: an increment does without. */
const examineFile = async (config: Config): Promise<void> => {
  const [problem] = await logFileProblemsHere(config)
  if (problem !== undefined) throw new BadBackup(`the log is damaged: ${problem}`)
}

type Served = { readonly logId: string; readonly domain: string; readonly keysFingerprint: string }

const servedLog = async (events: EventStore): Promise<Served> => {
  if ((await readImported(events)).unfinished)
    throw new StartupProblem(78, 'an import into this log did not come to its end')
  const { state } = await streamsHere(events).read(serverAggregate, serverStream)
  if (state.status === 'new') throw new StartupProblem(78, 'this log has never been served')
  const { logId, domain, keysFingerprint } = state
  return { logId, domain, keysFingerprint }
}

const refuseOther = (base: Chain | undefined, { logId }: Served): void => {
  if (base === undefined) return
  const { directory, manifest } = lastOf(base)
  if (manifest.log.id !== logId)
    throw new StartupProblem(
      78,
      `${directory} is a backup of the log ${manifest.log.id}, and this one is ${logId}: begin with a whole backup`,
    )
}

/** What is copied are the assets that came since: the others must lie where this backup says that its own do. */
const refuseOtherAssets = ({ base, assets }: Taking): void => {
  if (base === undefined) return
  const { directory, manifest } = lastOf(base)
  if (manifest.assets !== assets)
    throw new StartupProblem(
      78,
      `${directory} was taken ${manifest.assets === 'here' ? 'with' : 'without'} assets: take this one the same way, or begin with a whole backup`,
    )
}

type Source = {
  readonly events: EventStore
  readonly from: Awaited<ReturnType<typeof openBytesHere>>
  readonly served: Served
  readonly progress: Progress
}

const copyAll = async (source: Source, taking: Taking) => {
  const file = await open(join(taking.data, logFile), 'wx', 0o600)
  try {
    return await copyInto(file, source, taking)
  } finally {
    await file.close()
  }
}

const copyInto = async (
  file: FileHandle,
  { events, from, served, progress }: Source,
  { data, name, base, assets }: Taking,
) => {
  const into = { from, progress }
  const earlier = base === undefined ? new Map<string, unknown>() : filesOf(base)
  const blobs = new Set([...earlier.keys()].flatMap((file) => blobIn(file) ?? []))
  const parts = new Set([...earlier.keys()].flatMap((file) => assetIn(file) ?? []))
  const [hadBlobs, hadAssets] = [blobs.size, parts.size]
  const [toBlobs, toAssets] = [await openBlobsIn(data), await openAssetBytesIn(data)]
  const present = new Set(await copyNewBlobs(into, toBlobs, blobs))
  const log = await copyLog({ events, about: served, base, progress }, file)
  await log.goOn()
  const copyAssets = (): Promise<readonly AssetId[]> =>
    assets === 'here' ? copyNewAssets(into, toAssets, parts, log.assets.promised) : Promise.resolve([])
  await copyAssets()
  await log.goOn()
  const { to, events: count, digest } = await log.end()
  for (const digest of await copyNewBlobs(into, toBlobs, blobs)) present.add(digest)
  await refuseLost(events, await copyAssets())
  await toBlobs.close()
  await toAssets.close()
  for (const kind of ['blobs', 'assets']) await rm(join(data, kind, 'incoming'), { recursive: true, force: true })
  return {
    log: { id: served.logId, from: log.from, to, events: count, digest },
    ...(base === undefined
      ? {}
      : { onto: { place: placeFrom(name, lastOf(base).directory), manifest: lastOf(base).sha256 } }),
    gone: [...earlier.keys()].filter((file) => isGone(file, present, log.assets.over)),
    assets,
    counts: { blobs: blobs.size - hadBlobs, assets: parts.size - hadAssets },
  }
}

const isGone = (file: string, blobs: ReadonlySet<Digest>, over: ReadonlySet<AssetId>): boolean => {
  const [blob, asset] = [blobIn(file), assetIn(file)]
  return (blob !== undefined && !blobs.has(blob)) || (asset !== undefined && over.has(asset))
}

/** What was deleted while the backup was taken is nobody's loss. */
const refuseLost = async (events: EventStore, missing: readonly AssetId[]): Promise<void> => {
  if (missing.length === 0) return
  const still = await promisedAssets(events)
  const lost = missing.find((asset) => still.has(asset))
  if (lost !== undefined) throw new BadBackup(`the bytes of ${lost} are not what the log says`)
}
