/** What a start does about a log that was put back: an embedded one goes on as another log, one on servers waits for the operator. */
import type { EventStore } from '../../ports/eventStore.js'
import type { Position } from '../../ports/position.js'
import type { Random } from '../../ports/random.js'
import type { Streams } from '../../streams/streams.js'
import { endOf, goOn, rollbackOf, toldOf } from './rollback.js'
import type { Rollback } from './rollback.js'
import { StartupProblem } from '../process/startupProblem.js'
import type { AgreeOnLog } from './stores.js'
import type { StoreWaitWorld } from './storeWait.js'

export type FoundLog = {
  readonly events: EventStore
  readonly streams: Streams
  readonly logId: string
  /** Where it ended before this run wrote anything. */
  readonly end: Position
}

/** How often a server's log is looked at before it counts as put back: a node may lag behind its leader. */
const looks = 3

export type AgreeWorld = StoreWaitWorld & { readonly random: Random }

/** Throws StartupProblem. `said`: hears what the operator should know. */
export const agreeOnLog =
  (found: FoundLog, world: AgreeWorld, waitMs: number, said: (notice: string) => void): AgreeOnLog =>
  async ({ standings, checkpoints }) => {
    const { events, streams, logId, end } = found
    if (!events.exclusive) return agreeOnServers(found, world, waitMs, standings)
    const rollback = await rollbackOf(events, logId, standings, end)
    if (rollback === undefined) return logId
    const next = await goOn({ events, streams, random: world.random }, checkpoints, logId, rollback)
    const notice = `${toldOf(rollback)}. What came after is lost. The read models are built again, and the log has another id, so that clients come together again`
    world.logger.error('the log was put back to an older copy', { ...rollback, former: logId, logId: next })
    said(notice)
    return next
  }

const agreeOnServers = async (
  { events, logId, end }: FoundLog,
  { clock, logger, waiting }: StoreWaitWorld,
  waitMs: number,
  standings: Parameters<AgreeOnLog>[0]['standings'],
): Promise<string> => {
  let rollback: Rollback | undefined
  for (let look = 0; look < looks; look++) {
    if (look > 0) await clock.sleep(waitMs / (looks - 1), new AbortController().signal)
    const head = look === 0 ? end : endOf(await events.newest())
    rollback = await rollbackOf(events, logId, standings, head)
    if (rollback === undefined) return logId
    logger.warn('the log seems to be behind its read models', rollback)
    await waiting?.(toldOf(rollback))
  }
  throw new StartupProblem(78, refusalOf(rollback))
}

const refusalOf = (rollback: Rollback | undefined): string =>
  `${rollback === undefined ? '' : `${toldOf(rollback)}. `}Bring the newer log back; or, where it is lost, stop every process, run \`homeserver log accept-rollback\` and start again`
