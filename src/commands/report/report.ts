/** A report of a message: made once by one user, closed by an operator, and after a while without its evidence. */
import { parseReportEvent, reportShapes } from '../../events/report.js'
import type { ReportEvent, ReportOutcome } from '../../events/report.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

type DataOf<Type extends ReportEvent['type']> = Extract<ReportEvent, { type: Type }>['data']

/** As it was made; `made`, `closed.at`: ms. */
export type MadeReport = DataOf<'ReportMade'> & {
  readonly status: 'open' | 'closed'
  readonly made: number
  readonly closed?: { readonly at: number; readonly outcome: ReportOutcome }
  /** Its evidence is let go. */
  readonly expired: boolean
}
export type Report = { readonly status: 'none' } | MadeReport

export const reportAggregate: Aggregate<Report, ReportEvent> = {
  name: 'report',
  initial: { status: 'none' },
  shapes: reportShapes,
  parse: parseReportEvent,
  evolve: (state, event, { at }) => {
    if (event.type === 'ReportMade') return { status: 'open', made: at, expired: false, ...event.data }
    if (state.status === 'none') return state
    switch (event.type) {
      case 'ReportClosed':
        return { ...state, status: 'closed', closed: { at, outcome: event.data.outcome } }
      case 'ReportExpired':
        return { ...state, expired: true }
    }
  },
  weigh: () => 800,
}

/** Who reports the same message again, by whatever command, has reported it. */
export const makeReport: Decider<DataOf<'ReportMade'>, Report, ReportEvent> = (data) => (state) =>
  state.status === 'none' ? accept({ type: 'ReportMade', data }) : reject({ code: 'already-exists', what: 'report' })

/** What came of it first stays. */
export const closeReport: Decider<DataOf<'ReportClosed'>, Report, ReportEvent> = (data) => (state) => {
  if (state.status === 'none') return reject({ code: 'no-such-report' })
  return state.status === 'closed' ? accept() : accept({ type: 'ReportClosed', data })
}

/** Both in ms: `madeBefore` is for those that nobody closed. */
export type ExpireReport = { readonly report: string; readonly closedBefore: number; readonly madeBefore: number }

export const expireReport: Decider<ExpireReport, Report, ReportEvent> =
  ({ report, closedBefore, madeBefore }) =>
  (state) => {
    if (state.status === 'none' || state.expired) return accept()
    const isDue = state.closed === undefined ? state.made <= madeBefore : state.closed.at <= closedBefore
    return isDue ? accept({ type: 'ReportExpired', data: { report } }) : accept()
  }
