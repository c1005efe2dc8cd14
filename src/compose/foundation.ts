/** What a server stands on: its directory, its log, its keys, who it is, and what stands beside the log; opened in this order. */
import { openMemorySnapshots } from '../adapters/memory/snapshots.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Keys } from '../ports/keys.js'
import type { Config } from './settings/config.js'
import { agreeOnLog } from './stores/agreeOnLog.js'
import { prepareDirectory } from './process/directories.js'
import type { Endings } from './endings.js'
import { identify, keysFor } from './identity.js'
import type { ServerIdentity } from './identity.js'
import { logToServe } from './stores/importedLog.js'
import { endOf } from './stores/rollback.js'
import { openLog, openReadSide } from './stores/stores.js'
import type { ReadSide } from './stores/stores.js'
import type { StoreWaitWorld } from './stores/storeWait.js'
import { streamsOn } from './stores/streamsOn.js'
import type { World } from './world.js'

export type Foundation = {
  readonly events: EventStore
  readonly keys: Keys
  readonly identity: ServerIdentity
  readonly readSide: ReadSide
  /** When the newest event before this run was written, ms; undefined on an empty log. */
  readonly newest: number | undefined
  /** What the operator should be told, whatever LOG_LEVEL says. */
  readonly notices: readonly string[]
}

/** Throws StartupProblem for whatever an operator can mend. */
export const layFoundation = async (
  config: Config,
  world: World & StoreWaitWorld,
  endings: Endings,
): Promise<Foundation> => {
  await prepareDirectory('DATA_DIR', config.dataDir)
  const log = await openLog(config, world)
  endings.add('the log', () => log.close())
  const events = await logToServe(log)
  // Before anything of this run is written: that has only this clock's word.
  const before = await events.newest()
  const streams = streamsOn(events, openMemorySnapshots(), config.limits, world)
  const keys = await keysFor(config, streams, world)
  endings.add('the keys', () => keys.close())
  const found = await identify(config, streams, keys, world)
  const notices: string[] = [...found.notices]
  const agree = agreeOnLog(
    { events, streams, logId: found.logId, end: endOf(before) },
    world,
    config.rollbackWaitMs,
    (notice) => notices.push(notice),
  )
  const readSide = await openReadSide(config, agree, world)
  endings.add('what stands beside the log', () => readSide.close())
  const identity = { ...found, logId: readSide.logId }
  return { events, keys, identity, readSide, newest: before?.meta.at, notices }
}
