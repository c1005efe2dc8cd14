/** The evidence of reports that were closed long enough ago is let go: the sweep of blobs takes what nothing names. */
import { expireReport, reportAggregate } from '../commands/report/report.js'
import { reportStream } from '../events/report.js'
import type { Limits } from '../limits/limits.js'
import type { ReportQueries } from '../projections/groups/reportQueries.js'
import type { Sweep } from './rule.js'

export type ExpireReportsDependencies = {
  readonly reports: Pick<ReportQueries, 'due'>
  readonly limits: Pick<Limits, 'reportKeptMs'>
}

const everyMs = 60 * 60 * 1_000

export const expireReports = ({ reports, limits }: ExpireReportsDependencies): Sweep => ({
  name: 'expireReports',
  everyMs,
  sweep: async ({ streams, command, now, signal }) => {
    const closedBefore = now - limits.reportKeptMs
    if (closedBefore < 0) return
    for (const { report } of await reports.due(closedBefore)) {
      if (signal.aborted) return
      const decide = expireReport({ report, closedBefore })
      await streams.execute(reportAggregate, reportStream(report), command(report), decide)
    }
  },
})
