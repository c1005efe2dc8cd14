/**
 * `homeserver doctor`: asks the server that runs here, and opens everything that one would open where it may: it says, a line
 * each, what is right and what is not.
 */
import { mismatchOf, serverAggregate } from '../commands/server/server.js'
import { lookAtS3Here, openKeysHere, openLogHere, openReadSideHere, streamsHere } from '../compose/terminal.js'
import type { Config } from '../compose/settings/config.js'
import { s3SettingNames } from '../compose/settings/s3Settings.js'
import { logToServe } from '../compose/stores/importedLog.js'
import { serverStream } from '../events/server.js'
import { rollbackOf, toldOf } from '../compose/stores/rollback.js'
import type { EventStore } from '../ports/eventStore.js'
import { StartupProblem } from '../compose/process/startupProblem.js'
import type { ExitCode } from '../compose/process/startupProblem.js'
import { command } from './command.js'
import { doorOptions, doorSettings, urlOfServer } from './operators/door.js'
import { examineServer } from './operators/examineServer.js'
import { withLog } from './withLog.js'

export const doctor = command({
  summary:
    'ask the server that runs, check stores, keys and settings as a start would, change nothing that one would not',
  example: 'doctor --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: {},
  options: doorOptions,
  settings: ['DOMAIN', ...doorSettings, 'KEYS_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', ...s3SettingNames],
  run: async ({ config, options, out }) => {
    try {
      const url = await urlOfServer(config, options)
      const code = url === undefined ? 0 : await examineServer(url, config, options, out)
      // Nobody else may open what an embedded server serves.
      if (code !== 0 || (url !== undefined && config.eventStoreUrl === undefined)) return code
      return await withLog(openLogHere({ ...config, storeWaitMs: 0 }), (events) => examine(config, events, out))
    } catch (error) {
      if (!(error instanceof StartupProblem)) throw error
      out(`wrong ${error.message}`)
      return error.exitCode
    }
  },
})

const examine = async (config: Config, events: EventStore, out: (line: string) => void): Promise<ExitCode> => {
  await logToServe(events)
  const experience = events.experience === undefined ? '' : ` (${events.experience})`
  out(`good  log: ${events.description}${experience}, head ${await events.head()}`)
  const streams = streamsHere(events)
  const keys = await openKeysHere(config, streams)
  out(`good  keys: ${config.keysDir}, of ${keys.server.domain}, ${keys.server.fingerprint}`)
  const { state } = await streams.read(serverAggregate, serverStream)
  const wrong = mismatchOf(state, { domain: config.domain, logId: '', keysFingerprint: keys.server.fingerprint })
  await keys.close()
  if (wrong !== undefined) throw new StartupProblem(78, wrong)
  const s3 = await lookAtS3Here({ ...config, storeWaitMs: 0 })
  if (s3 !== undefined) out(`good  assets: ${s3}`)
  if (state.status === 'new') {
    out('good  the log is empty: the first start begins it')
    return 0
  }
  const { logId } = state
  const readSide = await openReadSideHere({ ...config, storeWaitMs: 0 }, async ({ standings }) => {
    const rollback = await rollbackOf(events, logId, standings, await events.head())
    if (rollback !== undefined) throw new StartupProblem(78, `${toldOf(rollback)}: ${remedyOf(events)}`)
    return logId
  })
  out(`good  read models: ${readSide.readModels.description}`)
  await readSide.close()
  return 0
}

const remedyOf = ({ exclusive }: EventStore): string =>
  exclusive
    ? 'the next start builds the read models again and gives the log another id'
    : '`homeserver log accept-rollback` goes on with what there is'
