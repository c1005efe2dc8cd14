/** What is asked of the groups' read model about what people report. */
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import type { ReadModel } from '../../ports/readModels.js'
import { reportStatuses } from './reports.js'
import type { FaultsRow, ReportRow, ReportStatus } from './reports.js'

type Page<Place> = { readonly after?: Place | undefined; readonly limit: number }

export type ReportQueries = {
  /** The oldest first, above a position. */
  reports(status: ReportStatus, page: Page<number>): Promise<readonly ReportRow[]>
  /** Those that a user made, likewise. */
  reportsBy(reporter: UserId, page: Page<number>): Promise<readonly ReportRow[]>
  /** A page of those that were closed by then, ms, and still have their evidence. */
  due(by: number): Promise<readonly ReportRow[]>
  /** A page of those that were made by then, ms, that nobody closed, and that still have it. */
  neglected(by: number): Promise<readonly ReportRow[]>
  counts(): Promise<ReadonlyMap<ReportStatus, number>>
  /** Whether a report still names the blob. */
  namesBlob(digest: string): Promise<boolean>
  /** In the order asked; undefined where none was reported. */
  faultsOf(groups: readonly GroupId[]): Promise<readonly (FaultsRow | undefined)[]>
  /** Groups that take something and have faults, in their order, above `after`. */
  faultyGroups(page: Page<GroupId>): Promise<readonly GroupId[]>
}

const pageRows = 500

export const reportQueries = (model: ReadModel): ReportQueries => {
  const reports = async (of: Omit<Parameters<ReadModel['range']>[0], 'table'>): Promise<readonly ReportRow[]> =>
    (await model.range({ table: 'reports', ...of })) as readonly ReportRow[]
  const above = (place: number | string | undefined) => (place === undefined ? {} : { after: [place] })
  return {
    reports: (status, { after, limit }) => reports({ index: 'byStatus', prefix: [status], ...above(after), limit }),
    reportsBy: (reporter, { after, limit }) =>
      reports({ index: 'byReporter', prefix: [reporter], ...above(after), limit }),
    due: (by) => reports({ index: 'byEnd', prefix: [], upTo: [by], limit: pageRows }),
    neglected: async (by) => {
      const found: ReportRow[] = []
      for (let after: number | undefined; found.length < pageRows;) {
        const page = await reports({ index: 'byStatus', prefix: ['open'], ...above(after), limit: pageRows })
        const old = page.filter(({ made }) => made <= by)
        found.push(...old.filter(({ digest }) => digest !== undefined))
        after = page.at(-1)?.position
        if (old.length < pageRows) break
      }
      return found
    },
    counts: async () => {
      const keys = reportStatuses.map((status) => [status])
      const rows = await model.getMany('reportCounts', keys)
      return new Map(reportStatuses.map((status, nth) => [status, Number(rows[nth]?.['count'] ?? 0)]))
    },
    namesBlob: async (digest) => (await reports({ index: 'byEvidence', prefix: [digest], limit: 1 })).length > 0,
    faultsOf: async (groups) => {
      const keys = groups.map((group) => [group])
      return (await model.getMany('faults', keys)) as readonly (FaultsRow | undefined)[]
    },
    faultyGroups: async ({ after, limit }) => {
      const rows = await model.range({ table: 'faults', index: 'key', prefix: [], ...above(after), limit })
      return (rows as readonly FaultsRow[]).map(({ group }) => group)
    },
  }
}
