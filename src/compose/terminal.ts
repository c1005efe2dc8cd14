/** What a command at a terminal may open: the log with its identity, the keys; the same adapters as the server's. */
import { openFilesystemAssetBytes } from '../adapters/filesystem/assetBytes.js'
import { openFilesystemBlobs } from '../adapters/filesystem/blobs.js'
import { openKeys } from '../adapters/keys/directory.js'
import { openMemorySnapshots } from '../adapters/memory/snapshots.js'
import { systemClock, systemStopwatch } from '../adapters/system/clock.js'
import { httpDate } from '../adapters/system/httpDate.js'
import { jsonLog } from '../adapters/system/logger.js'
import { systemRandom } from '../adapters/system/random.js'
import { digestOfStored, sizeOf } from '../api/assets/storedBytes.js'
import { makeStreams } from '../streams/streams.js'
import type { Streams } from '../streams/streams.js'
import { lookAtS3 } from './stores/assetBytes.js'
import { keysFor, keysIn, newKey, newKeys, newOwnToken } from './identity.js'
import { logFileProblems, openBytes, openLog, openLogToRead, openReadSide, openRestoredLog } from './stores/stores.js'
import type { AgreeOnLog, Bytes, ReadSide } from './stores/stores.js'
import { storeSizes } from './stores/sizes.js'
import type { Config } from './settings/config.js'
import type { StoreSize, StoresShown } from '../contract/stores.js'
import type { AssetId } from '../mls/wire/ids.js'
import type { AssetBytes } from '../ports/assetBytes.js'
import type { Blobs } from '../ports/blobs.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Keys, NextKey, ServerKeys } from '../ports/keys.js'

const logger = jsonLog(
  'warn',
  (line) => void process.stderr.write(line),
  () => systemClock.now(),
)
const world = { clock: systemClock, stopwatch: systemStopwatch, random: systemRandom, logger }

export const terminalClock = systemClock
export const terminalRandom = systemRandom
/** What time a server says it is, ms, to the second; undefined where it does not. */
export const httpDateHere = (url: string): Promise<number | undefined> => httpDate(url)()

/** The log, while no server holds it (embedded) or beside the servers (EventStoreDB). Throws StartupProblem. */
export const openLogHere = (config: Config): Promise<EventStore> => openLog(config, world)
/** The log beside the server that may be writing it. Throws StartupProblem. */
export const openLogToReadHere = (config: Config): Promise<EventStore> => openLogToRead(config, world)
/** The log that a restore fills. */
export const openRestoredLogHere = (config: Config): Promise<EventStore> => openRestoredLog(config, world)
/** Blobs and assets of the settings: `beside` the servers that are at work on them, or for a restore. Throws StartupProblem. */
export const openBytesHere = (config: Config, logId: string, beside: boolean): Promise<Bytes> =>
  openBytes(config, logId, beside, world)
/** What is wrong with the log's own file, a line each; a log on a server looks after itself. */
export const logFileProblemsHere = (config: Config): Promise<readonly string[]> => logFileProblems(config)
/** What belongs to a log, opened as `agree` decides. Throws StartupProblem, and what `agree` throws. */
export const openReadSideHere = (config: Config, agree: AgreeOnLog): Promise<ReadSide> =>
  openReadSide(config, agree, world)
/** How large the stores of the settings are, beside servers that may be at work. Throws StartupProblem. */
export const storeSizesHere = async (config: Config): Promise<StoresShown> => {
  const events = await openLogToRead(config, world)
  try {
    return await storeSizes(config, events, () => measured(config))
  } finally {
    await events.close()
  }
}
const measured = async ({ mongoUrl }: Config): Promise<readonly StoreSize[]> => {
  if (mongoUrl === undefined) return []
  const { connectMongoDB } = await import('../adapters/mongoDB/connection.js')
  const { mongoSizes } = await import('../adapters/mongoDB/sizes.js')
  const connection = await connectMongoDB({ url: mongoUrl })
  try {
    return await mongoSizes(connection)
  } finally {
    await connection.close()
  }
}
/** Looks at the bucket that S3_BUCKET names, and tells where it is; undefined where none is named. Throws StartupProblem. */
export const lookAtS3Here = (config: Config): Promise<string | undefined> => lookAtS3(config, world)
/** The blobs of an embedded server that is stopped, or of a backup that is being made; `beside`: to read what is not to be touched. */
export const openBlobsIn = (directory: string, beside = false): Promise<Blobs> =>
  openFilesystemBlobs({ directory, beside })
/** The bytes of assets, likewise. */
export const openAssetBytesIn = (directory: string, beside = false): Promise<AssetBytes> =>
  openFilesystemAssetBytes({ directory, beside })
/** Whether a store has an asset whole, and as the log says: counted over its bytes. */
export const hasAsset = async (
  bytes: Pick<AssetBytes, 'parts' | 'read'>,
  asset: AssetId,
  { size, digest }: { readonly size: number; readonly digest: string },
): Promise<boolean> =>
  sizeOf(await bytes.parts(asset)) === size && (await digestOfStored(bytes, asset, size)) === digest
export const openKeysHere = (config: Config, streams: Streams): Promise<Keys> => keysFor(config, streams, world)
/** The keys in KEYS_DIR, or in any other directory; undefined where there are none. Throws StartupProblem. */
export const keysThere = (directory: string): Promise<Keys | undefined> => keysIn(directory)
/** Keys that no server uses: in a backup, or where a restore is bringing them. Throws an Error that says what is wrong. */
export const keysApart = (directory: string): Promise<Keys | undefined> => openKeys(directory)
export { hashOfUser } from '../adapters/keys/receipts.js'
export { keyFileOf, userOfKeyFile } from '../adapters/keys/subjectKeys.js'
export const initKeysHere = (config: Config): Promise<Keys> => newKeys(config, systemClock)
/** Adds a key to the bundle of KEYS_DIR, which is used once it is named. Throws StartupProblem. */
export const newKeyHere = (config: Config, next: NextKey): Promise<ServerKeys> => newKey(config, systemClock, next)
export const operatorTokenHere = (streams: Streams): Promise<string> => newOwnToken(streams, world)

export const streamsHere = (events: EventStore): Streams =>
  makeStreams({
    events,
    snapshots: openMemorySnapshots(),
    cacheBytesMax: 1_000_000,
    pause: (attempt) => systemClock.sleep(attempt * 5, new AbortController().signal),
  })
