/** The read models at a terminal: those of an embedded server that is stopped, or of servers on EventStoreDB and MongoDB that run. */
import { randomUUID } from 'node:crypto'
import { systemClock, systemStopwatch } from '../../adapters/system/clock.js'
import { jsonLog } from '../../adapters/system/logger.js'
import { systemRandom } from '../../adapters/system/random.js'
import { makeEndings } from '../endings.js'
import { layFoundation } from '../foundation.js'
import { openKeyring } from '../keys/keyring.js'
import { StartupProblem } from '../process/startupProblem.js'
import { serveReadModels } from './readModels.js'
import type { ServedReadModels } from './readModels.js'
import type { Config } from '../settings/config.js'
import { openLogToRead } from './stores.js'
import { vouchWith } from '../vouching.js'

const logger = jsonLog(
  'warn',
  (line) => void process.stderr.write(line),
  () => systemClock.now(),
)
const world = { clock: systemClock, stopwatch: systemStopwatch, random: systemRandom, logger }

/** They are fed meanwhile, where no server does. Throws StartupProblem: in use (75), never served (78). */
export const withReadModelsHere = async <T>(
  config: Config,
  work: (readModels: ServedReadModels) => Promise<T>,
): Promise<T> => {
  await refuseUnserved(config)
  const endings = makeEndings(world)
  try {
    const { events, keys, identity, readSide } = await layFoundation(config, world, endings)
    const keyring = await openKeyring({ keys, rotations: () => Promise.resolve(identity.rotations), ...world })
    const { openReference } = vouchWith(identity.domain, keyring)
    const rooms = { events, keys, readSide, openReference, ...identity, limits: config.limits }
    const federates = config.federation.mode !== 'off'
    const readModels = await serveReadModels({ ...rooms, ...world, federates, holder: randomUUID() })
    const stop = new AbortController()
    const running = readModels.run(stop.signal)
    try {
      return await work(readModels)
    } finally {
      stop.abort()
      await running
    }
  } finally {
    await endings.unwind()
  }
}

/** A first start would begin a log: that is for a server to do. */
const refuseUnserved = async (config: Config): Promise<void> => {
  const events = await openLogToRead(config, world)
  const newest = await events.newest()
  await events.close()
  if (newest === undefined) throw new StartupProblem(78, 'this log has never been served')
}
