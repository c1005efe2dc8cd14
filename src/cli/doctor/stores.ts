/** The stores, opened as a start would where nobody else holds them, else read beside the server. */
import { serverAggregate } from '../../commands/server/server.js'
import { logToServe } from '../../compose/stores/importedLog.js'
import { rollbackOf, toldOf } from '../../compose/stores/rollback.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import { lookAtS3Here, openLogHere, openLogToReadHere, openReadSideHere, streamsHere } from '../../compose/terminal.js'
import { serverStream } from '../../events/server.js'
import type { EventStore } from '../../ports/eventStore.js'
import { withLog } from '../withLog.js'
import { lookAtNewest } from './clocks.js'
import { good, toItsEnd } from './finding.js'
import type { Finding, Look } from './finding.js'
import { lookAtKeys } from './keys.js'

/** `beside`: a server holds what is embedded. */
export async function* lookAtStores(config: Config, beside: boolean): Look {
  const now = { ...config, storeWaitMs: 0 }
  const opening = beside && config.eventStoreUrl === undefined ? openLogToReadHere(now) : openLogHere(now)
  // Read models that are embedded are the server's alone.
  const withReadSide = !beside || config.mongoUrl !== undefined
  const found = await withLog(opening, (events) => gathered(lookAtLog(now, events, withReadSide)))
  yield* found
  yield* toItsEnd(lookAtS3(now))
}

const gathered = async (look: Look): Promise<readonly Finding[]> => {
  const found: Finding[] = []
  for await (const finding of toItsEnd(look)) found.push(finding)
  return found
}

async function* lookAtLog(config: Config, events: EventStore, withReadSide: boolean): Look {
  await logToServe(events)
  const experience = events.experience === undefined ? '' : ` (${events.experience})`
  yield good(`log: ${events.description}${experience}, head ${await events.head()}`)
  yield* toItsEnd(lookAtNewest(events))
  yield* toItsEnd(lookAtKeys(config, events))
  if (withReadSide) yield* lookAtReadSide(config, events)
}

async function* lookAtReadSide(config: Config, events: EventStore): Look {
  const { state } = await streamsHere(events).read(serverAggregate, serverStream)
  if (state.status === 'new') return yield good('the log is empty: the first start begins it')
  const { logId } = state
  const readSide = await openReadSideHere(config, async ({ standings }) => {
    const rollback = await rollbackOf(events, logId, standings, await events.head())
    if (rollback !== undefined) throw new StartupProblem(78, `${toldOf(rollback)}: ${remedyOf(events)}`)
    return logId
  })
  yield good(`read models: ${readSide.readModels.description}`)
  await readSide.close()
}

async function* lookAtS3(config: Config): Look {
  const s3 = await lookAtS3Here(config)
  if (s3 !== undefined) yield good(`assets: ${s3}`)
}

const remedyOf = ({ exclusive }: EventStore): string =>
  exclusive
    ? 'the next start builds the read models again and gives the log another id'
    : '`homeserver log accept-rollback` goes on with what there is'
