/** What was, for auditors: history folded up to a position or a time. They see nothing that a member would not, and change nothing. */
import { z } from 'zod'
import {
  clientsAsOf,
  limitsAsOf,
  maintenanceAsOf,
  policyAsOf,
  registrationAsOf,
  rosterAsOf,
  settingsAsOf,
  stockAsOf,
} from '../../audit/asOf.js'
import type { AsOf, AsOfWorld } from '../../audit/asOf.js'
import { timeOfMoment } from '../../audit/moment.js'
import type { Moment } from '../../audit/moment.js'
import {
  groupAsOf,
  limitsAsOf as limitsAnswer,
  maintenanceAsOf as maintenanceAnswer,
  momentField,
  registrationAsOf as registrationAnswer,
  stockAsOf as stockAnswer,
  userAsOf,
} from '../../contract/audit.js'
import { clientUri, groupUri, userUri } from '../../contract/fields.js'
import { act } from '../../commands/chains/operatorAct.js'
import { auditPath, whyField } from '../../contract/operators.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Streams } from '../../streams/streams.js'
import { operatorRoute } from '../operators/door.js'
import type { OperatorRoute } from '../operators/door.js'
import { byOf } from '../operators/recordedAct.js'
import { refuseForeignIds } from '../http/request/foreignIds.js'

export type AuditDependencies = AsOfWorld & {
  readonly events: Pick<EventStore, 'readStream' | 'readAll'>
  readonly streams: Streams
  readonly domain: Domain
}

const tag = 'Operators'
const path = `${auditPath}/asOf/{moment}`

export const auditRoutes = (deps: AuditDependencies): readonly OperatorRoute[] => [
  ofServer(deps, {
    what: 'limits',
    summary: 'See the limits as operators had set them',
    body: limitsAnswer,
    asOf: limitsAsOf,
  }),
  ofServer(deps, {
    what: 'registration',
    summary: 'See who could register',
    body: registrationAnswer,
    asOf: registrationAsOf,
  }),
  ofServer(deps, {
    what: 'maintenance',
    summary: 'See whether the server was only read',
    body: maintenanceAnswer,
    asOf: maintenanceAsOf,
  }),
  operatorRoute({
    method: 'get',
    path: `${path}/groups/{group}`,
    tag,
    summary: 'See a group as it was: members, roles, settings',
    description: 'As the server would have answered at that position or time, by its public state.',
    access: 'audit',
    params: z.strictObject({ moment: momentField, group: groupUri }),
    success: { status: 200, body: groupAsOf },
    problems: [],
    answer: async ({ params: { moment, group } }) => {
      const when = momentOf(moment)
      const roster = await rosterAsOf(deps, group, when)
      const { answer } = await settingsAsOf(deps, group, when)
      return { status: 200, body: { ...placeOf(roster), ...answer, ...roster.answer } }
    },
  }),
  ...refuseForeignIds(ofPeople(deps), deps.domain, ['user', 'client']),
]

/** Of this server's alone. */
const ofPeople = (deps: AuditDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path: `${path}/users/{user}`,
    tag,
    summary: 'See a user as it was: clients and policy',
    description: 'Its handle is not said: who was erased since stays so. That somebody looked is on record first.',
    access: 'audit',
    params: z.strictObject({ moment: momentField, user: userUri }),
    query: z.strictObject({ why: whyField }),
    success: { status: 200, body: userAsOf },
    problems: ['no-such-user'],
    answer: async ({ principal, params: { moment, user }, query: { why }, command }) => {
      const looked = await act(deps.streams, command, { by: byOf(principal), what: { type: 'lookAtUser', user }, why })
      if ('rejected' in looked) return looked
      const when = momentOf(moment)
      const clients = await clientsAsOf(deps, user, when)
      const { answer } = await policyAsOf(deps, user, when)
      return { status: 200, body: { ...placeOf(clients), ...answer, ...clients.answer } }
    },
  }),
  operatorRoute({
    method: 'get',
    path: `${path}/clients/{client}/keyPackages`,
    tag,
    summary: 'See a client’s stock of KeyPackages as it was',
    description: 'Those that had expired by then are not counted.',
    access: 'audit',
    params: z.strictObject({ moment: momentField, client: clientUri }),
    success: { status: 200, body: stockAnswer },
    problems: ['no-such-client'],
    answer: async ({ params: { moment, client } }) => {
      const when = momentOf(moment)
      const stock = await stockAsOf(deps, client, when, await timeOfMoment(deps.events, when))
      return { status: 200, body: { ...placeOf(stock), ...stock.answer } }
    },
  }),
]

type OfServer = {
  readonly what: string
  readonly summary: string
  readonly body: z.ZodType
  readonly asOf: (world: AsOfWorld, moment: Moment) => Promise<AsOf<object>>
}

/** What is of nobody, but of the server. */
const ofServer = (deps: AuditDependencies, { what, summary, body, asOf }: OfServer): OperatorRoute =>
  operatorRoute({
    method: 'get',
    path: `${path}/${what}`,
    tag,
    summary,
    description: 'By what stands in the log up to that position or time.',
    access: 'audit',
    params: z.strictObject({ moment: momentField }),
    success: { status: 200, body },
    problems: [],
    answer: async ({ params: { moment } }) => {
      const said = await asOf(deps, momentOf(moment))
      return { status: 200, body: { ...placeOf(said), ...said.answer } }
    },
  })

const momentOf = (text: string): Moment => (/^\d+$/.test(text) ? { position: Number(text) } : { at: Date.parse(text) })

const placeOf = ({ place }: AsOf<object>): object => (place === undefined ? {} : { asOf: place })
