/** Chooses the adapters: embedded with nothing configured, EventStoreDB and MongoDB by their URLs. Drivers are loaded only when asked for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './settings/config.js'
import { prepareDirectory } from './process/directories.js'
import type { Blobs } from '../ports/blobs.js'
import type { Checkpoints } from '../ports/checkpoints.js'
import type { Clock } from '../ports/clock.js'
import type { Consumers } from '../ports/consumers.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Leases } from '../ports/leases.js'
import type { Logger } from '../ports/logger.js'
import type { Processes } from '../ports/processes.js'
import type { ReadModels } from '../ports/readModels.js'
import type { Snapshots } from '../ports/snapshots.js'
import { StartupProblem } from './process/startupProblem.js'

export type World = { readonly clock: Clock; readonly logger: Logger }

/** What stands beside the log and belongs to it by its id. */
export type ReadSide = {
  readonly readModels: ReadModels
  readonly snapshots: Snapshots
  readonly blobs: Blobs
  readonly leases: Leases
  readonly checkpoints: Checkpoints
  readonly consumers: Consumers
  readonly processes: Processes
  readonly close: () => Promise<void>
}

/** Opens the log, waiting for a server that is not there yet. Throws StartupProblem. */
export const openLog = async (config: Config, { clock, logger }: World): Promise<EventStore> => {
  const { eventStoreUrl } = config
  if (eventStoreUrl === undefined) return openEmbeddedLog(config, logger)
  const { openEventStoreDB } = await import('../adapters/eventStoreDB/eventStore.js')
  const events = understood(() => openEventStoreDB({ url: eventStoreUrl, logger, clock }))
  try {
    await patiently(config, { clock, logger }, async () => {
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
  const { openEmbeddedEventStore } = await import('../adapters/embedded/eventStore.js')
  const { DirectoryInUse } = await import('../adapters/embedded/directoryLock.js')
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
  const { openEmbeddedLogForReading } = await import('../adapters/embedded/readOnlyEventStore.js')
  if (!existsSync(join(config.dataDir, 'events.db')))
    throw new StartupProblem(78, `DATA_DIR ${config.dataDir} holds no log`)
  try {
    return openEmbeddedLogForReading({ directory: config.dataDir })
  } catch (error) {
    throw new StartupProblem(74, `DATA_DIR ${config.dataDir}: ${messageOf(error)}`)
  }
}

/** What is wrong with the log's own file, a line each; a log on a server looks after itself. */
export const logFileProblems = async (config: Config): Promise<readonly string[]> => {
  if (config.eventStoreUrl !== undefined) return []
  const { fileProblemsIn } = await import('../adapters/embedded/integrity.js')
  return fileProblemsIn(config.dataDir)
}

/** Opens what belongs to a log. Throws StartupProblem. */
export const openReadSide = async (config: Config, logId: string, world: World): Promise<ReadSide> =>
  config.mongoUrl === undefined
    ? openEmbeddedReadSide(config, logId)
    : openMongoReadSide(config, config.mongoUrl, logId, world)

const openEmbeddedReadSide = async ({ dataDir }: Config, logId: string): Promise<ReadSide> => {
  const { openEmbeddedReadModels } = await import('../adapters/embedded/readModels.js')
  const { openEmbeddedSnapshots } = await import('../adapters/embedded/snapshots.js')
  const { openEmbeddedLeases } = await import('../adapters/embedded/leases.js')
  const { openEmbeddedCheckpoints } = await import('../adapters/embedded/checkpoints.js')
  const { openFilesystemBlobs } = await import('../adapters/filesystem/blobs.js')
  const { openMemoryConsumers } = await import('../adapters/memory/consumers.js')
  const { openMemoryProcesses } = await import('../adapters/memory/processes.js')
  const readModels = await openEmbeddedReadModels({ directory: dataDir })
  const opened = {
    snapshots: await openEmbeddedSnapshots({ readModels, logId }),
    blobs: await openFilesystemBlobs({ directory: dataDir }),
    leases: openEmbeddedLeases(),
    checkpoints: await openEmbeddedCheckpoints({ readModels }),
    consumers: openMemoryConsumers(),
    processes: openMemoryProcesses(),
  }
  return { readModels, ...opened, close: () => closeAll([...Object.values(opened), readModels]) }
}

const openMongoReadSide = async (config: Config, url: string, logId: string, world: World): Promise<ReadSide> => {
  const { connectMongoDB } = await import('../adapters/mongoDB/connection.js')
  const { mongoReadModels } = await import('../adapters/mongoDB/readModels.js')
  const { mongoSnapshots } = await import('../adapters/mongoDB/snapshots.js')
  const { mongoLeases } = await import('../adapters/mongoDB/leases.js')
  const { mongoCheckpoints } = await import('../adapters/mongoDB/checkpoints.js')
  const { mongoConsumers } = await import('../adapters/mongoDB/consumers.js')
  const { mongoProcesses } = await import('../adapters/mongoDB/processes.js')
  const { gridFSBlobs } = await import('../adapters/gridFS/blobs.js')
  const connection = await patiently(config, world, () => connectMongoDB({ url }))
  const opened = {
    readModels: mongoReadModels(connection),
    snapshots: await mongoSnapshots(connection, logId),
    blobs: await gridFSBlobs(connection),
    leases: mongoLeases(connection),
    checkpoints: mongoCheckpoints(connection),
    consumers: mongoConsumers(connection),
    processes: await mongoProcesses(connection),
  }
  return { ...opened, close: () => closeAll([...Object.values(opened), connection]) }
}

const closeAll = async (closeables: readonly { readonly close: () => Promise<void> }[]): Promise<void> => {
  for (const closeable of closeables) await closeable.close()
}

const retryMs = 500

/** Tries until STORE_WAIT_S is over; what waiting does not mend is said at once. */
const patiently = async <T>(config: Config, { clock, logger }: World, open: () => Promise<T>): Promise<T> => {
  const deadline = clock.now() + config.storeWaitMs
  const never = new AbortController().signal
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || clock.now() >= deadline)
        throw new StartupProblem(69, messageOf(error))
      logger.warn('waiting for a store', { error: messageOf(error) })
    }
    await clock.sleep(retryMs, never)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
