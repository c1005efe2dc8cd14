/** `homeserver events export | import`: a whole log as a file, and back into an empty one. */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { serverAggregate } from '../commands/server/server.js'
import { streamsHere, openLogHere, openLogToReadHere, terminalClock, terminalRandom } from '../compose/terminal.js'
import { StartupProblem } from '../compose/process/startupProblem.js'
import { giveAnotherId } from '../compose/stores/rollback.js'
import { serverStream } from '../events/server.js'
import type { EventStore } from '../ports/eventStore.js'
import { BadExport, exportEvents, readExport } from './exportFile.js'
import type { Exported } from './exportFile.js'
import { importEvents, ImportRefused } from './importEvents.js'
import { command } from './command.js'
import { openOutput } from './output.js'
import type { Progress } from './progress.js'
import { withLog } from './withLog.js'

export const exportCommand = command({
  summary: 'write every event as JSON lines, to FILE or stdout',
  example: 'events export events.jsonl --data-dir /var/lib/homeserver',
  words: {},
  optional: { FILE: 'where to write; it must not be there yet' },
  switches: { json: 'say as JSON what was written: on stdout, or on stderr where the events are there' },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, words: { FILE: file }, switches, out, note, progress }) =>
    withLog(openLogToReadHere(config), async (events) => {
      const { state } = await streamsHere(events).read(serverAggregate, serverStream)
      if (state.status === 'new') {
        note('homeserver: this log is empty')
        return 78
      }
      const output = await openOutput(file)
      const { domain, logId } = state
      const of = await events.head()
      const summary = await exportEvents(events, { domain, logId }, output.write, (done) => {
        progress.say('exporting events', { done, of })
      })
      await output.end()
      const { count, sha256, repeated } = summary
      if (switches.has('json')) {
        const tell = file === undefined ? note : out
        tell(JSON.stringify(summary))
        return 0
      }
      const once = repeated === 0 ? '' : ` (${repeated} that the store holds twice are there once)`
      note(`exported ${count} events${once}, sha256 ${sha256}`)
      return 0
    }),
})

export const importCommand = command({
  summary: 'move an export into the empty log of the settings; the log gets another id',
  example: 'events import events.jsonl --data-dir ./fresh',
  words: { FILE: 'what events export wrote' },
  optional: {},
  switches: { json: 'print JSON on one line' },
  settings: ['DOMAIN', 'DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, words: { FILE: file }, switches, out, note, progress }) => {
    await (await openFile(file)).close()
    return withLog(openLogHere(config), async (events) => {
      try {
        let logId = ''
        const { count, placeholders, head } = await importEvents({
          events,
          open: (examined) => readFileOf(file, config.domain, { examined, progress }),
          now: () => terminalClock.now(),
          random: (bytes) => terminalRandom.bytes(bytes),
          replaceLog: async () => {
            logId = await replaceLogId(events)
          },
        })
        if (switches.has('json')) {
          out(JSON.stringify({ count, placeholders, head, logId }))
          return 0
        }
        note(
          `imported ${count} events (and ${placeholders} placeholders of truncated or repeated ones), head ${head}, log ${logId}`,
        )
        return 0
      } catch (error) {
        if (!(error instanceof BadExport) && !(error instanceof ImportRefused)) throw error
        note(`homeserver: ${file}: ${error.message}`)
        return 74
      }
    })
  },
})

/** Reading a directory would fail later, without a word about which. */
const openFile = async (file: string): Promise<FileHandle> => {
  const opened = await open(file)
  if (!(await opened.stat()).isDirectory()) return opened
  await opened.close()
  throw new StartupProblem(78, `${file}: this is a directory, not a file`)
}

type Reading = { readonly examined: string | undefined; readonly progress: Progress }

/** Looked at so often: a clock for every line would cost as much as the line. */
const linesAtOnce = 200

/** `seen` hears how many bytes there were, more or less, for a character may be more than one. */
async function* counted(lines: AsyncIterable<string>, seen: (bytes: number) => void): AsyncGenerator<string> {
  let bytes = 0
  let count = 0
  for await (const line of lines) {
    bytes += line.length + 1
    if (++count % linesAtOnce === 0) seen(bytes)
    yield line
  }
}

/** Throws BadExport, StartupProblem for another domain's. */
const readFileOf = async (file: string, domain: string, { examined, progress }: Reading): Promise<Exported> => {
  const opened = await openFile(file)
  const { size: of } = await opened.stat()
  const what = examined === undefined ? 'examining the export' : 'importing events'
  const lines = counted(opened.readLines(), (done) => {
    progress.say(what, { done, of })
  })
  const exported = await readExport(lines, examined)
  const { header } = exported
  if (header.domain === domain && header.from === undefined) return exported
  await opened.close()
  if (header.from !== undefined)
    throw new BadExport(
      `this is what came above position ${header.from} of a log: homeserver restore takes it with its backup`,
    )
  throw new StartupProblem(78, `the export is of ${header.domain}, DOMAIN is ${domain}`)
}

/** Cursors of the old log must be refused, not misread. Answers the new id. */
const replaceLogId = async (events: EventStore): Promise<string> => {
  const streams = streamsHere(events)
  const { state } = await streams.read(serverAggregate, serverStream)
  if (state.status === 'new') throw new Error('the log refuses another id')
  return giveAnotherId({ events, streams, random: terminalRandom }, state.logId, 'import')
}
