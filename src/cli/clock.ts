/**
 * `homeserver clock accept`: the clock is right, after a long planned stop; what is old by it expires again. It is said to
 * the server that runs, with why; where none does, in its log.
 */
import { z } from 'zod'
import { acceptClock, serverAggregate } from '../commands/server/server.js'
import { openLogHere, streamsHere, terminalClock, terminalRandom } from '../compose/terminal.js'
import { serverStream } from '../events/server.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import { commandId } from '../streams/commandId.js'
import type { ExitCode } from '../compose/process/startupProblem.js'
import type { Config } from '../compose/settings/config.js'
import { placed } from '../contract/fields.js'
import { command } from './command.js'
import { askDoor } from './operators/askDoor.js'
import { doorOptions, doorSettings, findDoor, urlOfServer } from './operators/door.js'
import { whyIn, whyOption } from './operators/why.js'
import { withLog } from './withLog.js'

type Options = { readonly [name: string]: string | undefined }
type Say = (line: string) => void
/** ms. */
type Tell = (at: number) => void

export const acceptClockCommand = command({
  summary: 'say that the clock is right after a long stop (beside a running server: with --why and its token)',
  example: 'clock accept --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: { json: 'print JSON on one line' },
  options: { ...whyOption, ...doorOptions },
  settings: [...doorSettings, 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, options, switches, out, note }) => {
    const accepted = (at: number): void => {
      out(switches.has('json') ? JSON.stringify({ at }) : said(at))
    }
    return (await urlOfServer(config, options)) === undefined
      ? acceptInLog(config, accepted, note)
      : acceptAtDoor(config, options, accepted)
  },
})

const said = (at: number): string => `clock ${new Date(at).toISOString()}`

const acceptAtDoor = async (config: Config, options: Options, tell: Tell): Promise<ExitCode> => {
  const body = { why: whyIn(options) }
  const door = await findDoor(config, options)
  const accepted = await askDoor(door, { method: 'POST', path: '/clock/acceptance', body }, z.object(placed))
  tell(accepted.serverTime)
  return 0
}

const acceptInLog = (config: Config, tell: Tell, note: Say): Promise<ExitCode> =>
  withLog(openLogHere(config), async (events) => {
    const newest = await events.newest()
    const streams = streamsHere(events)
    const { state } = await streams.read(serverAggregate, serverStream)
    if (state.status === 'new' || newest === undefined) {
      note('homeserver: this log has never been served')
      return 78
    }
    const at = terminalClock.now()
    const from = state.clock.status === 'held' ? state.clock.believed : newest.meta.at
    const skipped = at > from ? { skipped: { from, until: at } } : {}
    const id = commandId('operator', toBase64url(terminalRandom.bytes(16)))
    const accepting = { id, bodyHash: 'operator', at }
    await streams.execute(serverAggregate, serverStream, accepting, acceptClock({ by: 'operator', ...skipped }))
    tell(at)
    return 0
  })
