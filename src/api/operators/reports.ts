/** Reports of messages, for operators: listed, looked at one by one on record, and closed with what came of it. */
import { z } from 'zod'
import { act } from '../../commands/chains/operatorAct.js'
import { reportAggregate } from '../../commands/report/report.js'
import type { MadeReport } from '../../commands/report/report.js'
import { operatorPath, whyField } from '../../contract/operators.js'
import {
  outcomeField,
  reportAnswer,
  reportField,
  reportPageField,
  reportsAnswer,
  reportStatusField,
} from '../../contract/reports.js'
import type { ReportListed, ReportShown } from '../../contract/reports.js'
import { reportStream } from '../../events/report.js'
import { decryptUnderSubjectKey } from '../../events/form/underSubjectKey.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Limits } from '../../limits/limits.js'
import type { Blobs } from '../../ports/blobs.js'
import type { Keys } from '../../ports/keys.js'
import type { ReportQueries } from '../../projections/groups/reportQueries.js'
import type { ReportRow } from '../../projections/groups/reports.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { pageLimit } from '../http/withinLimits.js'
import { recordedIn } from '../http/place.js'
import { positionOnly } from '../http/positionOnly.js'
import { openEvidence } from '../reports/evidence.js'
import { keeperOf } from '../reports/keeper.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf, knownAct, recordedAct, whyBody } from './recordedAct.js'

export type ReportsDependencies = {
  readonly streams: Streams
  readonly keys: Pick<Keys, 'subjects'>
  readonly blobs: Pick<Blobs, 'get'>
  readonly people: { readonly reports: Pick<ReportQueries, 'reports'> }
  readonly limits: Limits
}

const tag = 'Operators'
const path = `${operatorPath}/reports`
const ofReport = z.strictObject({ report: reportField })

export const reportRoutes = (deps: ReportsDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List reports, the oldest first',
    description: 'Who reports whom in which group, and of what kind: not what was said. Pass `next` back as `after`.',
    access: 'read',
    query: z.strictObject({
      status: reportStatusField.default('open'),
      after: reportPageField.optional(),
      limit: pageLimit(deps.limits),
    }),
    success: { status: 200, body: reportsAnswer },
    problems: [],
    answer: async ({ query: { status, after, limit } }) => {
      const above = after === undefined ? undefined : Number(after)
      const rows = await deps.people.reports.reports(status, { after: above, limit })
      const last = rows.length < limit ? undefined : rows.at(-1)
      const next = last === undefined ? {} : { next: String(last.position) }
      return { status: 200, body: { reports: rows.map(listed), ...next } }
    },
  }),
  operatorRoute({
    method: 'get',
    path: `${path}/{report}`,
    tag,
    summary: 'Look at one report',
    description:
      'With what was said and what the reporter adds, on record before it is shown, with `why`. What was said is the accused’s own and is gone with its account, the note with the reporter’s.',
    access: 'read',
    params: ofReport,
    query: z.strictObject({ why: whyField }),
    success: { status: 200, body: reportAnswer },
    problems: ['no-such-report'],
    answer: async ({ principal, params: { report }, query: { why }, command }) => {
      const { state } = await deps.streams.read(reportAggregate, reportStream(report))
      if (state.status === 'none') return reject({ code: 'no-such-report' })
      const what = { type: 'lookAtReport', report } as const
      const looked = await act(deps.streams, command, { by: byOf(principal), what, why })
      if ('rejected' in looked) return looked
      const { place } = recordedIn(looked)
      return { status: 200, body: await shown(deps, state), place }
    },
  }),
  operatorRoute({
    method: 'post',
    path: `${path}/{report}/close`,
    tag,
    summary: 'Close a report',
    description:
      'With what came of it: what is done about it are acts of their own. A closed one stays closed, and its evidence is let go after `reportKeptMs`; that of one that nobody closes after `reportOpenKeptMs`.',
    access: 'operate',
    params: ofReport,
    body: whyBody.extend({ outcome: outcomeField }),
    success: positionOnly,
    problems: ['no-such-report'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { report } = asked.params
      const { state } = await deps.streams.read(reportAggregate, reportStream(report))
      if (state.status === 'none') return reject({ code: 'no-such-report' })
      return recordedAct(deps.streams, asked, { type: 'closeReport', report, outcome: asked.body.outcome })
    },
  }),
]

type Common = Pick<ReportRow, 'report' | 'made' | 'group' | 'reporter' | 'accused' | 'category' | 'closed'>

const listed = ({ report, made, group, reporter, accused, category, closed }: Common | MadeReport): ReportListed => ({
  report,
  made,
  group,
  reporter,
  accused,
  category,
  ...(closed === undefined ? {} : { closed }),
})

const shown = async (
  deps: ReportsDependencies,
  state: MadeReport,
): Promise<Omit<ReportShown, 'position' | 'serverTime'>> => ({
  ...listed(state),
  note: await noteOf(deps, state),
  evidence: await evidenceOf(deps, state),
})

const noteOf = async ({ keys }: ReportsDependencies, { note, reporter, group }: MadeReport): Promise<string | null> => {
  const keeper = keeperOf(reporter, domainOf(group))
  const key = note === undefined ? undefined : await keys.subjects.get(keeper)
  if (note === undefined || key === undefined) return null
  return decryptUnderSubjectKey(key, { user: keeper, field: 'note' }, note) ?? null
}

const evidenceOf = async (
  { keys, blobs }: ReportsDependencies,
  { evidence, keeper, expired }: MadeReport,
): Promise<ReportShown['evidence']> => {
  const key = await keys.subjects.get(keeper)
  const blob = expired || key === undefined ? undefined : await blobs.get(evidence.digest)
  return key === undefined || blob === undefined ? null : (openEvidence({ key, keeper }, blob) ?? null)
}
