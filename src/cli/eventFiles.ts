/** `homeserver events export | import`: a whole log as a file, and back into an empty one. */
import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { derivedId } from '../streams/commandId.js'
import { replaceLog, serverAggregate } from '../commands/server/server.js'
import { streamsHere, openLogHere, openLogToReadHere, terminalClock, terminalRandom } from '../compose/terminal.js'
import { serverStream } from '../events/server.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { EventStore } from '../ports/eventStore.js'
import { BadExport, exportEvents, readExport } from './exportFile.js'
import { importEvents, ImportRefused } from './importEvents.js'
import type { Command } from './command.js'
import { withLog } from './withLog.js'

export const exportCommand: Command = {
  usage: 'events export [FILE]',
  summary: 'write every event as JSON lines, to FILE or stdout',
  run: async ({ config, words: [file], note }) =>
    withLog(openLogToReadHere(config), async (events) => {
      const { state } = await streamsHere(events).read(serverAggregate, serverStream)
      if (state.status === 'new') {
        note('homeserver: this log is empty')
        return 78
      }
      const target = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 })
      const { domain, logId } = state
      const { count, sha256 } = await exportEvents(events, { domain, logId }, (line) => write(target, line))
      if (file !== undefined) await finished(target)
      note(`exported ${count} events, sha256 ${sha256}`)
      return 0
    }),
}

export const importCommand: Command = {
  usage: 'events import FILE',
  summary: 'move an export into the empty log of the settings; the log gets another id',
  run: async ({ config, words: [file], note }) => {
    if (file === undefined) {
      note('homeserver: which file? events import FILE')
      return 64
    }
    return withLog(openLogHere(config), async (events) => {
      try {
        const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
        const { header, events: exported } = await readExport(lines)
        if (header.domain !== config.domain) {
          note(`homeserver: the export is of ${header.domain}, DOMAIN is ${config.domain}`)
          return 78
        }
        const { count, placeholders, head } = await importEvents(events, exported)
        const logId = await replaceLogId(events)
        note(
          `imported ${count} events (and ${placeholders} placeholders of truncated ones), head ${head}, log ${logId}`,
        )
        return 0
      } catch (error) {
        if (!(error instanceof BadExport) && !(error instanceof ImportRefused)) throw error
        note(`homeserver: ${file}: ${error.message}`)
        return 74
      }
    })
  },
}

/** Cursors of the old log must be refused, not misread. */
const replaceLogId = async (events: EventStore): Promise<string> => {
  const logId = toBase64url(terminalRandom.bytes(9))
  const command = { id: derivedId('import', logId), bodyHash: 'import', at: terminalClock.now() }
  const outcome = await streamsHere(events).execute(
    serverAggregate,
    serverStream,
    command,
    replaceLog({ logId, reason: 'import' }),
  )
  if ('rejected' in outcome) throw new Error('the log refuses another id')
  return logId
}

const write = async (target: Writable, line: string): Promise<void> => {
  if (!target.write(line)) await once(target, 'drain')
}

const finished = async (target: Writable): Promise<void> => {
  target.end()
  await once(target, 'finish')
}
