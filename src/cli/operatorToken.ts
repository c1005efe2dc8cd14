/** `homeserver operator-token --new`: another operator token; the one before is void from the servers' next start. */
import { serverAggregate } from '../commands/server/server.js'
import { streamsHere, openLogHere, operatorTokenHere } from '../compose/terminal.js'
import { serverStream } from '../events/server.js'
import type { Command } from './command.js'

export const operatorTokenCommand: Command = {
  usage: 'operator-token --new',
  summary: 'make another operator token and void the one before (embedded: stop the server first)',
  run: async ({ config, words, out, note }) => {
    if (!words.includes('--new')) {
      note('homeserver: only the hash of the token is kept. To make another one: operator-token --new')
      return 64
    }
    const events = await openLogHere(config)
    try {
      const streams = streamsHere(events)
      const { state } = await streams.read(serverAggregate, serverStream)
      if (state.status === 'new') {
        note('homeserver: this log has never been served: the first start prints its token')
        return 78
      }
      out(`operator-token ${await operatorTokenHere(streams)}`)
      return 0
    } finally {
      await events.close()
    }
  },
}
