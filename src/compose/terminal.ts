/** What a command at a terminal may open: the log with its identity, the keys; the same adapters as the server's. */
import { openFilesystemAssetBytes } from '../adapters/filesystem/assetBytes.js'
import { openFilesystemBlobs } from '../adapters/filesystem/blobs.js'
import { openMemorySnapshots } from '../adapters/memory/snapshots.js'
import { systemClock, systemStopwatch } from '../adapters/system/clock.js'
import { jsonLog } from '../adapters/system/logger.js'
import { systemRandom } from '../adapters/system/random.js'
import { digestOfStored, sizeOf } from '../api/assets/storedBytes.js'
import { makeStreams } from '../streams/streams.js'
import type { Streams } from '../streams/streams.js'
import { lookAtS3 } from './stores/assetBytes.js'
import { keysFor, keysIn, newKey, newKeys, newOwnToken } from './identity.js'
import { copyLog, logFileProblems, openLog, openLogToRead, openReadSide, openRestoredLog } from './stores/stores.js'
import type { AgreeOnLog, ReadSide } from './stores/stores.js'
import type { Config } from './settings/config.js'
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

/** The log, while no server holds it (embedded) or beside the servers (EventStoreDB). Throws StartupProblem. */
export const openLogHere = (config: Config): Promise<EventStore> => openLog(config, world)
/** The log beside the server that may be writing it. Throws StartupProblem. */
export const openLogToReadHere = (config: Config): Promise<EventStore> => openLogToRead(config, world)
/** The log that a restore has just brought. */
export const openRestoredLogHere = (config: Config): Promise<EventStore> => openRestoredLog(config, logger)
/** Copies the log of an embedded server that may be running; `seen` hears how many bytes there are. */
export const copyLogHere = (config: Config, to: string, seen: (bytes: number) => void): Promise<void> =>
  copyLog(config, to, seen)
/** What is wrong with the log's own file, a line each; a log on a server looks after itself. */
export const logFileProblemsHere = (config: Config): Promise<readonly string[]> => logFileProblems(config)
/** What belongs to a log, opened as `agree` decides. Throws StartupProblem, and what `agree` throws. */
export const openReadSideHere = (config: Config, agree: AgreeOnLog): Promise<ReadSide> =>
  openReadSide(config, agree, world)
/** Looks at the bucket that S3_BUCKET names, and tells where it is; undefined where none is named. Throws StartupProblem. */
export const lookAtS3Here = (config: Config): Promise<string | undefined> => lookAtS3(config, world)
/** The blobs of an embedded server that is stopped. */
export const openBlobsIn = (directory: string): Promise<Blobs> => openFilesystemBlobs({ directory })
/** The bytes of the assets of an embedded server that is stopped, or of a backup. */
export const openAssetBytesIn = (directory: string): Promise<AssetBytes> => openFilesystemAssetBytes({ directory })
/** Whether a store has an asset whole, and as the log says: counted over its bytes. */
export const hasAsset = async (
  bytes: Pick<AssetBytes, 'parts' | 'read'>,
  asset: AssetId,
  { size, digest }: { readonly size: number; readonly digest: string },
): Promise<boolean> =>
  sizeOf(await bytes.parts(asset)) === size && (await digestOfStored(bytes, asset, size)) === digest
export const openKeysHere = (config: Config, streams: Streams): Promise<Keys> => keysFor(config, streams, world)
/** Whose keys KEYS_DIR holds; undefined where it holds none. Throws StartupProblem. */
export const keysFingerprintHere = async ({ keysDir }: Config): Promise<string | undefined> => {
  const keys = await keysIn(keysDir)
  await keys?.close()
  return keys?.server.fingerprint
}
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
