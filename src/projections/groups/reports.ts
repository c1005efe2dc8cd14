/** What people report, as rows: messages, by whether somebody looked into them, and faults, by their group. */
import type { ReportEvent, ReportOutcome } from '../../events/report.js'
import type { ReportCategory } from '../../events/reportCategory.js'
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import type { Placed } from '../../items/placed.js'
import type { Row } from '../../ports/readModels.js'
import type { Rows } from '../projection.js'

export type ReportStatus = 'open' | 'closed'
export const reportStatuses: readonly ReportStatus[] = ['open', 'closed']

/** `made`: ms; `position`: where in the log. `digest`, `closedAt`: until its evidence is let go, which may be before it is closed. */
export type ReportRow = Row & {
  readonly report: string
  readonly status: ReportStatus
  readonly made: number
  readonly position: number
  readonly group: GroupId
  readonly reporter: UserId
  readonly accused: UserId
  readonly category: ReportCategory
  readonly digest?: string
  readonly closedAt?: number
  readonly closed?: { readonly at: number; readonly outcome: ReportOutcome }
}

/** `last`: when the newest was reported, ms. */
export type FaultsRow = Row & { readonly group: GroupId; readonly count: number; readonly last: number }

type DataOf<Type extends ReportEvent['type']> = Extract<ReportEvent, { type: Type }>['data']

export const reportMade = async (
  { report, group, reporter, accused, category, evidence }: DataOf<'ReportMade'>,
  { at, position }: Placed,
  rows: Rows,
): Promise<void> => {
  const said = { report, group, reporter, accused, category }
  rows.put('reports', { ...said, status: 'open', made: at, position, digest: evidence.digest } satisfies ReportRow)
  await count('open', 1, rows)
}

export const reportClosed = async (
  { report, outcome }: DataOf<'ReportClosed'>,
  { at }: Placed,
  rows: Rows,
): Promise<void> => {
  const row = await rows.get('reports', [report])
  if (row === undefined) return
  const due = row['digest'] === undefined ? {} : { closedAt: at }
  rows.put('reports', { ...row, ...due, status: 'closed', closed: { at, outcome } })
  await count('open', -1, rows)
  await count('closed', 1, rows)
}

export const reportExpired = async (
  { report }: DataOf<'ReportExpired'>,
  _placed: Placed,
  rows: Rows,
): Promise<void> => {
  const { digest: _digest, closedAt: _closedAt, ...row } = (await rows.get('reports', [report])) ?? {}
  if (row['report'] !== undefined) rows.put('reports', row)
}

const count = async (status: ReportStatus, by: number, rows: Rows): Promise<void> => {
  rows.put('reportCounts', { status, count: Number((await rows.get('reportCounts', [status]))?.['count'] ?? 0) + by })
}

export const faultReported = async (
  { group }: { readonly group: GroupId },
  { at }: Placed,
  rows: Rows,
): Promise<void> => {
  const before = Number((await rows.get('faults', [group]))?.['count'] ?? 0)
  rows.put('faults', { group, count: before + 1, last: at } satisfies FaultsRow)
}
