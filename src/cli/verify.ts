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
  switches: { digest: 'print what is equal where the same events stand in the same order, in whichever log' },
  options: { until: ['POSITION', 'the last one that is looked at (the newest)'] },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, switches, options, out }) => {
    const until = positionIn(options['until'])
    const problems = await logFileProblemsHere(config)
    for (const problem of problems) out(`file: ${problem}`)
    let [digest, last] = [emptyLogDigest, 0]
    const each = (event: StoredEvent): void => {
      digest = digestWith(digest, event)
      last = event.position
    }
    const found = await withLog(openLogToReadHere(config), (events) => verifyLog(events, out, { until, each }))
    const twice = found.repeated === 0 ? '' : `; ${found.repeated} stand a second time, known by their ids`
    if (switches.has('digest')) out(`digest ${digest} up to ${last}`)
    out(
      `${found.events} events: ${found.holding} hold, ${found.unchecked} unchecked, ${found.broken} do not hold${twice}`,
    )
    return problems.length === 0 && found.broken === 0 ? 0 : 1
  },
})

const positionIn = (text: string | undefined): number => {
  if (text === undefined) return Infinity
  if (!/^[0-9]{1,15}$/.test(text)) throw new StartupProblem(64, `--until is no position: ${JSON.stringify(text)}`)
  return Number(text)
}
