/** `homeserver operator-token --new`: another operator token; the one before under the same name is void at once. */
import { serverAggregate } from '../commands/server/server.js'
import { streamsHere, openLogHere, operatorTokenHere } from '../compose/terminal.js'
import { serverStream } from '../events/server.js'
import { command } from './command.js'
import { withLog } from './withLog.js'

export const operatorTokenCommand = command({
  summary:
    'make another operator token in role admin, and void the one that was made so before (embedded: stop the server first)',
  example: 'operator-token --new --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: { new: 'make another one; of the one that holds only the hash is kept', json: 'print JSON on one line' },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, switches, out, note }) => {
    if (!switches.has('new')) {
      note('homeserver: only the hash of the token is kept. To make another one: operator-token --new')
      return 64
    }
    return withLog(openLogHere(config), async (events) => {
      const streams = streamsHere(events)
      const { state } = await streams.read(serverAggregate, serverStream)
      if (state.status === 'new') {
        note('homeserver: this log has never been served: the first start prints its token')
        return 78
      }
      const token = await operatorTokenHere(streams)
      out(switches.has('json') ? JSON.stringify({ token }) : `operator-token ${token}`)
      return 0
    })
  },
})
