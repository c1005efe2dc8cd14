/** `homeserver events verify`: is the log still what was written? */
import { logFileProblemsHere, openLogToReadHere } from '../compose/terminal.js'
import { StartupProblem } from '../compose/process/startupProblem.js'
import { digestWith, emptyLogDigest } from '../events/form/logDigest.js'
import type { StoredEvent } from '../ports/eventStore.js'
import { command } from './command.js'
import { verifyLog } from './verifyLog.js'
import { withLog } from './withLog.js'

export const verifyCommand = command({
  summary: 'hold every event of the log against its checksum; exit 1 when one does not hold',
  example: 'events verify --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: {
    digest: 'print what is equal where the same events stand in the same order, in whichever log',
    json: 'print JSON on one line, with what does not hold in `problems`',
  },
  options: { until: ['POSITION', 'the last one that is looked at (the newest)'] },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, switches, options, out, progress }) => {
    const until = positionIn(options['until'])
    let [digest, last] = [emptyLogDigest, 0]
    const each = (event: StoredEvent): void => {
      digest = digestWith(digest, event)
      last = event.position
    }
    const problems: string[] = []
    const report = (line: string): void => {
      problems.push(line)
      if (!switches.has('json')) out(line)
    }
    for (const problem of await logFileProblemsHere(config)) report(`file: ${problem}`)
    const found = await withLog(openLogToReadHere(config), async (events) => {
      // A file that is damaged may not even tell its end: the walk says where.
      const of = await events.head().catch(() => 0)
      const seen = (done: number): void => {
        progress.say('verifying events', { done, of })
      }
      return verifyLog(events, report, { until, each, seen })
    })
    const code = problems.length === 0 ? 0 : 1
    if (switches.has('json')) {
      out(JSON.stringify({ ...found, problems, digest, upTo: last }))
      return code
    }
    if (switches.has('digest')) out(`digest ${digest} up to ${last}`)
    const twice = found.repeated === 0 ? '' : `; ${found.repeated} stand a second time, known by their ids`
    out(
      `${found.events} events: ${found.holding} hold, ${found.unchecked} unchecked, ${found.broken} do not hold${twice}`,
    )
    return code
  },
})

const positionIn = (text: string | undefined): number => {
  if (text === undefined) return Infinity
  if (!/^[0-9]{1,15}$/.test(text)) throw new StartupProblem(64, `--until is no position: ${JSON.stringify(text)}`)
  return Number(text)
}
