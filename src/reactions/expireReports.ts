/** The evidence of reports that were closed long enough ago, or that nobody closed for longer, is let go: the sweep of blobs takes what nothing names. */
import { expireReport, reportAggregate } from '../commands/report/report.js'
import { reportStream } from '../events/report.js'
import type { Limits } from '../limits/limits.js'
import type { ReportQueries } from '../projections/groups/reportQueries.js'
import type { Sweep } from './rule.js'

export type ExpireReportsDependencies = {
  readonly reports: Pick<ReportQueries, 'due' | 'neglected'>
  readonly limits: Pick<Limits, 'reportKeptMs' | 'reportOpenKeptMs'>
}

const everyMs = 60 * 60 * 1_000

export const expireReports = ({ reports, limits }: ExpireReportsDependencies): Sweep => ({
  name: 'expireReports',
  everyMs,
  sweep: async ({ streams, command, now, signal }) => {
    const closedBefore = now - limits.reportKeptMs
    const madeBefore = now - limits.reportOpenKeptMs
    const due = [
      ...(closedBefore < 0 ? [] : await reports.due(closedBefore)),
      ...(madeBefore < 0 ? [] : await reports.neglected(madeBefore)),
    ]
    for (const { report } of due) {
      if (signal.aborted) return
      const decide = expireReport({ report, closedBefore, madeBefore })
      await streams.execute(reportAggregate, reportStream(report), command(report), decide)
    }
  },
})
