/** Chooses the adapters: embedded with nothing configured, EventStoreDB and MongoDB by their URLs. Drivers are loaded only when asked for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../settings/config.js'
import { openAssetBytes } from './assetBytes.js'
import { prepareDirectory } from '../process/directories.js'
import type { StoreSize } from '../../contract/stores.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import type { Blobs } from '../../ports/blobs.js'
import type { Checkpoints } from '../../ports/checkpoints.js'
import type { SecondClock } from '../../ports/clock.js'
import type { Consumers } from '../../ports/consumers.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Leases } from '../../ports/leases.js'
import type { Logger } from '../../ports/logger.js'
import type { Processes } from '../../ports/processes.js'
import type { ReadModels } from '../../ports/readModels.js'
import type { Standing } from '../../ports/standing.js'
import type { Snapshots } from '../../ports/snapshots.js'
import type { UsedOnce } from '../../ports/usedOnce.js'
import { withNamesInLog } from '../../streams/namesInLog.js'
import { StartupProblem } from '../process/startupProblem.js'
import { refuseHalfRestored } from './halfRestored.js'
import { messageOf, patiently } from './storeWait.js'
import type { StoreWaitWorld } from './storeWait.js'

export type World = StoreWaitWorld

/** What stands beside the log and belongs to it by its id. */
export type ReadSide = {
  /** Of the log that it belongs to. */
  readonly logId: string
  readonly readModels: ReadModels
  readonly snapshots: Snapshots
  readonly blobs: Blobs
  readonly assetBytes: AssetBytes
  readonly leases: Leases
  readonly checkpoints: Checkpoints
  readonly consumers: Consumers
  readonly processes: Processes
  /** Where leases do not outlive a process. */
  readonly usedOnce?: UsedOnce
  /** The time of a server that the read side lives on, where there is one. */
  readonly secondClock?: SecondClock
  /** How large what stands on a server is. */
  readonly sizes?: () => Promise<readonly StoreSize[]>
  readonly close: () => Promise<void>
}

/** Opens the log, waiting for a server that is not there yet. Throws StartupProblem. */
export const openLog = async (config: Config, world: World): Promise<EventStore> => {
  if (config.eventStoreUrl === undefined) refuseHalfRestored(config)
  return openRestoredLog(config, world)
}

/** Opens the log that a restore fills. Throws StartupProblem. */
export const openRestoredLog = async (config: Config, world: World): Promise<EventStore> =>
  withNamesInLog(
    config.eventStoreUrl === undefined
      ? await openEmbeddedLog(config, world.logger)
      : await openLogOnServer(config, config.eventStoreUrl, world),
  )

const openLogOnServer = async (config: Config, eventStoreUrl: string, world: World): Promise<EventStore> => {
  const { clock, logger } = world
  const { openEventStoreDB } = await import('../../adapters/eventStoreDB/eventStore.js')
  const events = understood(() => openEventStoreDB({ url: eventStoreUrl, logger, clock }))
  try {
    await patiently(config, world, async () => {
      const reasons = await events.check()
      if (reasons.length > 0) throw new StoreUnavailable(reasons.join('; '))
    })
  } catch (error) {
    await events.close()
    throw error
  }
  return events
}

/** A connection string that the driver does not take is a mistake in the configuration. */
const understood = <T>(open: () => T): T => {
  try {
    return open()
  } catch (error) {
    throw new StartupProblem(78, messageOf(error))
  }
}

const openEmbeddedLog = async (config: Config, logger: Logger): Promise<EventStore> => {
  await prepareDirectory('DATA_DIR', config.dataDir)
  const { openEmbeddedEventStore } = await import('../../adapters/embedded/log/eventStore.js')
  const { DirectoryInUse } = await import('../../adapters/embedded/directoryLock.js')
  try {
    return await openEmbeddedEventStore({ directory: config.dataDir, logger })
  } catch (error) {
    if (error instanceof DirectoryInUse) throw new StartupProblem(75, error.message)
    throw new StartupProblem(74, `DATA_DIR ${config.dataDir}: ${messageOf(error)}`)
  }
}

/** Opens the log to read it only, beside the server that may be writing it. Throws StartupProblem. */
export const openLogToRead = async (config: Config, world: World): Promise<EventStore> => {
  if (config.eventStoreUrl !== undefined) return openLog(config, world)
  const { openEmbeddedLogForReading } = await import('../../adapters/embedded/log/readOnlyEventStore.js')
  if (!existsSync(join(config.dataDir, 'events.db')))
    throw new StartupProblem(78, `DATA_DIR ${config.dataDir} holds no log`)
  try {
    return withNamesInLog(openEmbeddedLogForReading({ directory: config.dataDir }))
  } catch (error) {
    throw new StartupProblem(74, `DATA_DIR ${config.dataDir}: ${messageOf(error)}`)
  }
}

/** What is wrong with the log's own file, a line each; a log on a server looks after itself. */
export const logFileProblems = async (config: Config): Promise<readonly string[]> => {
  if (config.eventStoreUrl !== undefined) return []
  const { fileProblemsIn } = await import('../../adapters/embedded/log/integrity.js')
  return fileProblemsIn(config.dataDir)
}

/** Blobs and the bytes of assets, where the settings have them, without the rest. */
export type Bytes = Pick<ReadSide, 'blobs' | 'assetBytes' | 'close'>

/** `logId`: of the log that names them. `beside`: while servers are at work on them. Throws StartupProblem. */
export const openBytes = async (config: Config, logId: string, beside: boolean, world: World): Promise<Bytes> => {
  if (config.mongoUrl !== undefined) return openReadSide(config, () => Promise.resolve(logId), world)
  const { openFilesystemBlobs } = await import('../../adapters/filesystem/blobs.js')
  const { openFilesystemAssetBytes } = await import('../../adapters/filesystem/assetBytes.js')
  const files = { directory: config.dataDir, beside }
  const blobs = await openFilesystemBlobs(files)
  const assetBytes = await openAssetBytes(config, world, () => openFilesystemAssetBytes(files))
  return { blobs, assetBytes, close: () => closeAll([blobs, assetBytes]) }
}

/** Which log all that stands beside one belongs to, decided by where it stands and before anything of it is emptied. */
export type AgreeOnLog = (beside: {
  readonly standings: readonly Standing[]
  readonly leases: Leases
  readonly checkpoints: Checkpoints
}) => Promise<string>

/** Opens what belongs to the log that is agreed on. Throws StartupProblem, and what `agree` throws. */
export const openReadSide = async (config: Config, agree: AgreeOnLog, world: World): Promise<ReadSide> =>
  config.mongoUrl === undefined
    ? openEmbeddedReadSide(config, agree, world)
    : openMongoReadSide(config, config.mongoUrl, agree, world)

type Followers = Pick<ReadSide, 'readModels' | 'checkpoints' | 'leases'>

/** Lets go of everything when nobody agrees. */
const agreedOn = async (
  agree: AgreeOnLog,
  { readModels, checkpoints, leases }: Followers,
  close: () => Promise<void>,
) => {
  try {
    const standings = [...(await readModels.standings()), ...(await checkpoints.standings())]
    return await agree({ standings, leases, checkpoints })
  } catch (error) {
    await close()
    throw error
  }
}

const openEmbeddedReadSide = async (config: Config, agree: AgreeOnLog, world: World): Promise<ReadSide> => {
  const { dataDir } = config
  const { clock } = world
  const { openEmbeddedReadModels } = await import('../../adapters/embedded/views/readModels.js')
  const { openEmbeddedSnapshots } = await import('../../adapters/embedded/views/snapshots.js')
  const { openEmbeddedLeases } = await import('../../adapters/embedded/leases.js')
  const { openEmbeddedCheckpoints } = await import('../../adapters/embedded/views/checkpoints.js')
  const { openFilesystemBlobs } = await import('../../adapters/filesystem/blobs.js')
  const { openFilesystemAssetBytes } = await import('../../adapters/filesystem/assetBytes.js')
  const { openMemoryConsumers } = await import('../../adapters/memory/consumers.js')
  const { openMemoryProcesses } = await import('../../adapters/memory/processes.js')
  const { openEmbeddedUsedOnce } = await import('../../adapters/embedded/usedOnce.js')
  const readModels = await openEmbeddedReadModels({ directory: dataDir })
  const leases = openEmbeddedLeases()
  const checkpoints = await openEmbeddedCheckpoints({ readModels })
  const logId = await agreedOn(agree, { readModels, checkpoints, leases }, () => readModels.close())
  const opened = {
    snapshots: await openEmbeddedSnapshots({ readModels, logId }),
    blobs: await openFilesystemBlobs({ directory: dataDir }),
    assetBytes: await openAssetBytes(config, world, () => openFilesystemAssetBytes({ directory: dataDir })),
    leases,
    checkpoints,
    consumers: openMemoryConsumers(),
    processes: openMemoryProcesses(),
    usedOnce: await openEmbeddedUsedOnce({ directory: dataDir, now: () => clock.now() }),
  }
  return { logId, readModels, ...opened, close: () => closeAll([...Object.values(opened), readModels]) }
}

const openMongoReadSide = async (config: Config, url: string, agree: AgreeOnLog, world: World): Promise<ReadSide> => {
  const { connectMongoDB } = await import('../../adapters/mongoDB/connection.js')
  const { mongoReadModels } = await import('../../adapters/mongoDB/readModels.js')
  const { mongoSnapshots } = await import('../../adapters/mongoDB/snapshots.js')
  const { mongoLeases } = await import('../../adapters/mongoDB/leases.js')
  const { mongoCheckpoints } = await import('../../adapters/mongoDB/checkpoints.js')
  const { mongoConsumers } = await import('../../adapters/mongoDB/consumers.js')
  const { mongoProcesses } = await import('../../adapters/mongoDB/processes.js')
  const { gridFSBlobs } = await import('../../adapters/gridFS/blobs.js')
  const { gridFSAssetBytes } = await import('../../adapters/gridFS/assetBytes.js')
  const { mongoTime } = await import('../../adapters/mongoDB/time.js')
  const { mongoSizes } = await import('../../adapters/mongoDB/sizes.js')
  const connection = await patiently(config, world, () => connectMongoDB({ url }))
  const followers = {
    readModels: mongoReadModels(connection),
    leases: mongoLeases(connection),
    checkpoints: mongoCheckpoints(connection),
  }
  const logId = await agreedOn(agree, followers, () => connection.close())
  const opened = {
    ...followers,
    snapshots: await mongoSnapshots(connection, logId),
    blobs: await gridFSBlobs(connection),
    assetBytes: await openAssetBytes(config, world, () => gridFSAssetBytes(connection)),
    consumers: mongoConsumers(connection),
    processes: await mongoProcesses(connection),
  }
  const secondClock: SecondClock = () => mongoTime(connection)
  const sizes = () => mongoSizes(connection)
  return { logId, ...opened, secondClock, sizes, close: () => closeAll([...Object.values(opened), connection]) }
}

const closeAll = async (closeables: readonly { readonly close: () => Promise<void> }[]): Promise<void> => {
  for (const closeable of closeables) await closeable.close()
}
