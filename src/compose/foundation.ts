/** What a server stands on: its directory, its log, its keys, who it is, and what stands beside the log; opened in this order. */
import { openMemorySnapshots } from '../adapters/memory/snapshots.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Keys } from '../ports/keys.js'
import type { Config } from './settings/config.js'
import { prepareDirectory } from './process/directories.js'
import type { Endings } from './endings.js'
import { identify, keysFor } from './identity.js'
import type { ServerIdentity } from './identity.js'
import { logToServe } from './importedLog.js'
import { openLog, openReadSide } from './stores.js'
import type { ReadSide } from './stores.js'
import { streamsOn } from './streamsOn.js'
import type { World } from './world.js'

export type Foundation = {
  readonly events: EventStore
  readonly keys: Keys
  readonly identity: ServerIdentity
  readonly readSide: ReadSide
}

/** Throws StartupProblem for whatever an operator can mend. */
export const layFoundation = async (config: Config, world: World, endings: Endings): Promise<Foundation> => {
  await prepareDirectory('DATA_DIR', config.dataDir)
  const log = await openLog(config, world)
  endings.add('the log', () => log.close())
  const events = await logToServe(log)
  const streams = streamsOn(events, openMemorySnapshots(), config.limits, world)
  const keys = await keysFor(config, streams, world)
  endings.add('the keys', () => keys.close())
  const identity = await identify(config, streams, keys, world)
  const readSide = await openReadSide(config, identity.logId, world)
  endings.add('what stands beside the log', () => readSide.close())
  return { events, keys, identity, readSide }
}
