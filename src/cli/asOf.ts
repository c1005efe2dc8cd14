/** `homeserver as-of`: what the server would have said at a moment that is past, from its log alone. */
import {
  clientsAsOf,
  limitsAsOf,
  maintenanceAsOf,
  policyAsOf,
  registrationAsOf,
  rolesAsOf,
  rosterAsOf,
  settingsAsOf,
  stockAsOf,
} from '../audit/asOf.js'
import type { AsOf, AsOfWorld } from '../audit/asOf.js'
import { timeOfMoment } from '../audit/moment.js'
import type { Moment } from '../audit/moment.js'
import { StartupProblem } from '../compose/process/startupProblem.js'
import { openLogToReadHere, streamsHere } from '../compose/terminal.js'
import { parseClientId, parseGroupId, parseUserId } from '../mls/wire/ids.js'
import type { ExitCode } from '../compose/process/startupProblem.js'
import { command } from './command.js'
import { whenIn } from './events/filters.js'
import { withLog } from './withLog.js'

type Question = (world: AsOfWorld, id: string, moment: Moment, at: number) => Promise<AsOf<object>>

/** Each with the id that it is asked by. */
const questions: { readonly [what: string]: Question } = {
  roster: (world, id, moment) => rosterAsOf(world, idIn(parseGroupId, id, 'group'), moment),
  roles: (world, id, moment) => rolesAsOf(world, idIn(parseGroupId, id, 'group'), moment),
  settings: (world, id, moment) => settingsAsOf(world, idIn(parseGroupId, id, 'group'), moment),
  clients: (world, id, moment) => clientsAsOf(world, idIn(parseUserId, id, 'user'), moment),
  policy: (world, id, moment) => policyAsOf(world, idIn(parseUserId, id, 'user'), moment),
  'key-packages': (world, id, moment, at) => stockAsOf(world, idIn(parseClientId, id, 'client'), moment, at),
}
/** Of the server, and so by no id. */
const ofServer: { readonly [what: string]: (world: AsOfWorld, moment: Moment) => Promise<AsOf<object>> } = {
  limits: limitsAsOf,
  registration: registrationAsOf,
  maintenance: maintenanceAsOf,
}
const known = [...Object.keys(questions), ...Object.keys(ofServer)].join(', ')

/** Throws StartupProblem. */
const questionOf = (what: string, id: string | undefined): ((...asked: Asked) => Promise<AsOf<object>>) => {
  if (Object.hasOwn(ofServer, what)) {
    const ask = ofServer[what]
    if (id !== undefined) throw new StartupProblem(64, `${what} is asked of the server, by no ID`)
    if (ask !== undefined) return (world, moment) => ask(world, moment)
  }
  const ask = Object.hasOwn(questions, what) ? questions[what] : undefined
  if (ask === undefined) throw new StartupProblem(64, `WHAT is one of ${known}`)
  if (id === undefined) throw new StartupProblem(64, `${what} is asked by the ID of a group, user or client`)
  return (world, moment, at) => ask(world, id, moment, at)
}
type Asked = readonly [world: AsOfWorld, moment: Moment, at: number]

export const asOfCommand = command({
  summary:
    'say what the server would have said at a position or time: members, roles, settings, clients, policy, stock, limits, registration, maintenance',
  example: 'as-of 2026-11-29T12:00:00Z roster mimi://localhost/g/AAAAAAAAAAAAAAAAAAAAAA',
  words: {
    PLACE: 'a position in the log, or a time',
    WHAT: `one of: ${known}`,
  },
  optional: { ID: 'of the group, user or client that it is asked of; of limits, registration and maintenance none' },
  switches: { json: 'print JSON on one line' },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, words: { PLACE, WHAT, ID }, switches, out }) => {
    const moment = whenIn(PLACE, 'PLACE')
    const question = questionOf(WHAT, ID)
    return withLog(openLogToReadHere(config), async (events): Promise<ExitCode> => {
      const world = { events, streams: streamsHere(events) }
      const { place, answer } = await question(world, moment, await timeOfMoment(events, moment))
      const said = { asOf: place ?? null, ...answer }
      out(switches.has('json') ? JSON.stringify(said) : JSON.stringify(said, undefined, 2))
      return 0
    })
  },
})

const idIn = <Id extends string>(parse: (text: string) => Id | undefined, text: string, what: string): Id => {
  const id = parse(text)
  if (id === undefined) throw new StartupProblem(64, `ID is no ${what}’s: ${JSON.stringify(text)}`)
  return id
}
