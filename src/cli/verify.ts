/** `homeserver events verify`: is the log still what was written? */
import { logFileProblemsHere, openLogToReadHere } from '../compose/terminal.js'
import { command } from './command.js'
import { verifyLog } from './verifyLog.js'
import { withLog } from './withLog.js'

export const verifyCommand = command({
  summary: 'hold every event of the log against its checksum; exit 1 when one does not hold',
  example: 'events verify --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: {},
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, out }) => {
    const problems = await logFileProblemsHere(config)
    for (const problem of problems) out(`file: ${problem}`)
    const found = await withLog(openLogToReadHere(config), (events) => verifyLog(events, out))
    const twice = found.repeated === 0 ? '' : `; ${found.repeated} stand a second time, known by their ids`
    out(
      `${found.events} events: ${found.holding} hold, ${found.unchecked} unchecked, ${found.broken} do not hold${twice}`,
    )
    return problems.length === 0 && found.broken === 0 ? 0 : 1
  },
})
