/** `homeserver log accept-rollback`: the log was put back to an older copy, and what came after is lost for good: go on with it. */
import { serverAggregate } from '../commands/server/server.js'
import { goOn, rollbackOf, toldOf } from '../compose/stores/rollback.js'
import { StartupProblem } from '../compose/process/startupProblem.js'
import type { AgreeOnLog } from '../compose/stores/stores.js'
import { openLogHere, openReadSideHere, streamsHere, terminalClock, terminalRandom } from '../compose/terminal.js'
import { serverStream } from '../events/server.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Leases } from '../ports/leases.js'
import { command } from './command.js'
import { withLog } from './withLog.js'

/** Every server process wants this lease, so whoever has it is alone; one that died keeps it for ten seconds. */
const lease = 'reactions'
const leaseTtlMs = 30_000
const leaseWaitMs = 12_000
const leasePauseMs = 500

export const acceptRollbackCommand = command({
  summary:
    'go on with a log that was put back: it gets another id, read models are built again (stop all servers first)',
  example: 'log accept-rollback --eventstore-url esdb://… --mongodb-url mongodb://…',
  words: {},
  optional: {},
  switches: { json: 'print JSON on one line' },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', 'STORE_WAIT_S'],
  run: ({ config, switches, out, note }) =>
    withLog(openLogHere(config), async (events) => {
      const { state } = await streamsHere(events).read(serverAggregate, serverStream)
      if (state.status === 'new') {
        note('homeserver: this log has never been served')
        return 78
      }
      const readSide = await openReadSideHere(
        config,
        accept(events, state.logId, switches.has('json') ? toldAsJson(out) : toldInLines(out)),
      )
      await readSide.close()
      return 0
    }),
})

/** What became of it: `lost` is told where there was something to accept. */
type Accepted = { readonly log: string; readonly former?: string; readonly lost?: string }
type Tell = (accepted: Accepted) => void

const toldAsJson =
  (out: (line: string) => void): Tell =>
  (accepted) => {
    out(JSON.stringify(accepted))
  }

const toldInLines =
  (out: (line: string) => void): Tell =>
  ({ log, former, lost }) => {
    if (lost === undefined) out(`log ${log}: nothing to accept, nothing has seen more than this log has`)
    else {
      out(lost)
      out(`log ${log}, was ${former ?? ''}: the next start builds the read models again`)
    }
  }

const accept =
  (events: EventStore, logId: string, tell: Tell): AgreeOnLog =>
  ({ standings, leases, checkpoints }) =>
    alone(leases, async () => {
      const rollback = await rollbackOf(events, logId, standings, await events.head())
      if (rollback === undefined) {
        tell({ log: logId })
        return logId
      }
      const log = { events, streams: streamsHere(events), random: terminalRandom }
      const next = await goOn(log, checkpoints, logId, rollback)
      tell({ log: next, former: logId, lost: toldOf(rollback) })
      return next
    })

/** Throws StartupProblem while a server process is at work. */
const alone = async <T>(leases: Leases, work: () => Promise<T>): Promise<T> => {
  const holder = `accept-rollback ${Buffer.from(terminalRandom.bytes(9)).toString('base64url')}`
  const deadline = terminalClock.now() + leaseWaitMs
  while (!(await leases.take(lease, holder, leaseTtlMs))) {
    if (terminalClock.now() > deadline)
      throw new StartupProblem(75, 'a server process is at work on this log: stop all of them first')
    await terminalClock.sleep(leasePauseMs, new AbortController().signal)
  }
  try {
    return await work()
  } finally {
    await leases.release(lease, holder)
  }
}
