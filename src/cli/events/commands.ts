/** `homeserver events list | tail | show | trace`: the log for auditors, read beside whoever writes it. */
import { openLogToReadHere } from '../../compose/terminal.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { stopSignal } from '../../compose/process/stopSignal.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import { toPosition } from '../../ports/position.js'
import { command } from '../command.js'
import { openOutput } from '../output.js'
import { withLog } from '../withLog.js'
import { filterOptions, filtersIn } from './filters.js'
import { lineOfEvent, shownEvent } from './lines.js'
import { eventsOf } from './pages.js'
import { traceOf } from './trace.js'

const json = { json: 'print JSON, one event a line, as the log has it' } as const
const settings = ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'] as const

export const listCommand = command({
  summary: 'list events: position, time, type, stream and revision, id, request, cause',
  example: "events list --stream 'group-*' --type CommitAccepted --from 2026-11-29T00:00:00Z --limit 20",
  words: {},
  optional: {},
  switches: json,
  options: { ...filterOptions, limit: ['COUNT', 'at most so many'] },
  settings,
  run: async ({ config, options, switches }) => {
    const filters = filtersIn(options)
    const limit = limitIn(options['limit'])
    return withLog(openLogToReadHere(config), async (events): Promise<ExitCode> => {
      const output = await openOutput(undefined)
      let count = 0
      for await (const event of eventsOf(events, filters)) {
        if (count++ >= limit) break
        await output.write(`${shownEvent(event, switches.has('json'))}\n`)
      }
      await output.end()
      return 0
    })
  },
})

export const tailCommand = command({
  summary: 'print events as they come, until Ctrl-C',
  example: 'events tail --type CommitAccepted --json',
  words: {},
  optional: {},
  switches: json,
  options: filterOptions,
  settings,
  run: async ({ config, options, switches }) => {
    const filters = filtersIn(options)
    return withLog(openLogToReadHere(config), async (events): Promise<ExitCode> => {
      const stop = new AbortController()
      void stopSignal().then(() => {
        stop.abort()
      })
      const output = await openOutput(undefined)
      const { from } = filters
      const after = from === undefined ? await events.head() : placeBefore('position' in from ? from.position : 1)
      for await (const batch of events.follow({ after, signal: stop.signal }))
        for (const event of batch.events.filter(filters.admits))
          await output.write(`${shownEvent(event, switches.has('json'))}\n`)
      return 0
    })
  },
})

export const showCommand = command({
  summary: 'show one event whole, by its position or id; its checksum is held against it',
  example: 'events show 17',
  words: { EVENT: 'a position, or the id of an event' },
  optional: {},
  switches: json,
  settings,
  run: async ({ config, words: { EVENT: wanted }, switches, out, note }) =>
    withLog(openLogToReadHere(config), async (events): Promise<ExitCode> => {
      const event = await eventAt(events, wanted)
      if (event === undefined) {
        note(`homeserver: no event is ${JSON.stringify(wanted)}`)
        return 1
      }
      if (switches.has('json')) out(JSON.stringify(event))
      else {
        out(lineOfEvent(event))
        out(JSON.stringify({ data: event.data, meta: event.meta }, undefined, 2))
      }
      return event.damage === undefined ? 0 : 1
    }),
})

export const traceCommand = command({
  summary: 'follow causation: all that came by a request, an event or a command, and what it answers',
  example: 'events trace pZ9cD2xkQm1vY7aB',
  words: { ID: 'of a request (X-Request-Id), an event or a command, or a position' },
  optional: {},
  switches: json,
  settings,
  run: async ({ config, words: { ID: id }, switches, out, note }) =>
    withLog(openLogToReadHere(config), async (events): Promise<ExitCode> => {
      const found = await traceOf(events, id)
      for (const event of found) out(shownEvent(event, switches.has('json')))
      if (found.length === 0)
        note(`homeserver: nothing in the log has ${JSON.stringify(id)} (making of queues and messages has no request)`)
      return found.length === 0 ? 1 : 0
    }),
})

const placeBefore = (position: number) => toPosition(Math.max(0, position - 1))

const eventAt = async (events: EventStore, wanted: string): Promise<StoredEvent | undefined> => {
  if (/^\d{1,16}$/.test(wanted)) {
    const [found] = await events.readAll({ after: placeBefore(Number(wanted)), limit: 1 })
    return found?.position === Number(wanted) ? found : undefined
  }
  for await (const event of eventsOf(events, { admits: ({ id }) => id === wanted })) return event
  return undefined
}

/** Throws StartupProblem. */
const limitIn = (text: string | undefined): number => {
  if (text === undefined) return Infinity
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new StartupProblem(64, `--limit is no number of events: ${JSON.stringify(text)}`)
}
