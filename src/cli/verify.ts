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
  switches: { json: 'print JSON on one line, with what does not hold in `problems`' },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, switches, out, progress }) => {
    const problems: string[] = []
    const report = (line: string): void => {
      problems.push(line)
      if (!switches.has('json')) out(line)
    }
    for (const problem of await logFileProblemsHere(config)) report(`file: ${problem}`)
    const found = await withLog(openLogToReadHere(config), async (events) => {
      const of = await events.head()
      return verifyLog(events, report, (done) => {
        progress.say('verifying events', { done, of })
      })
    })
    const code = problems.length === 0 ? 0 : 1
    if (switches.has('json')) {
      out(JSON.stringify({ ...found, problems }))
      return code
    }
    const twice = found.repeated === 0 ? '' : `; ${found.repeated} stand a second time, known by their ids`
    out(
      `${found.events} events: ${found.holding} hold, ${found.unchecked} unchecked, ${found.broken} do not hold${twice}`,
    )
    return code
  },
})
