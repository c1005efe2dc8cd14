/** `homeserver clock accept`: the clock is right, after a long planned stop; what is old by it expires again. */
import { acceptClock, serverAggregate } from '../commands/server/server.js'
import { openLogHere, streamsHere, terminalClock, terminalRandom } from '../compose/terminal.js'
import { serverStream } from '../events/server.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import { commandId } from '../streams/commandId.js'
import { command } from './command.js'
import { withLog } from './withLog.js'

export const acceptClockCommand = command({
  summary: 'say that the clock is right after a long stop (embedded: stop the server first)',
  example: 'clock accept --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: {},
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: ({ config, out, note }) =>
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
      out(`clock ${new Date(at).toISOString()}`)
      return 0
    }),
})
