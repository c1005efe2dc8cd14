/** Reports as rows: whose evidence is due to be let go, closed or neglected, each once. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import type { ReportEvent } from '#src/events/report.js'
import { makeId } from '#src/mls/wire/ids.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { ReadModel } from '#src/ports/readModels.js'
import { reportQueries } from '#src/projections/groups/reportQueries.js'
import type { ReportQueries } from '#src/projections/groups/reportQueries.js'
import { reportClosed, reportExpired, reportMade } from '#src/projections/groups/reports.js'
import { groupsSchema } from '#src/projections/groups/schema.js'
import { workingSet } from '#src/projections/workingSet.js'
import type { Placed } from '#src/items/placed.js'
import { domain, groupNumber, userNumber } from './queues/world.js'

const day = 24 * 60 * 60 * 1_000
const idOf = (n: number): string => String(makeId('group', domain, new Uint8Array(16).fill(n))).slice(-22)

describe('the rows of reports', () => {
  let model: ReadModel
  let queries: ReportQueries
  let position = 0
  beforeEach(async () => {
    model = await openMemoryReadModels().open(groupsSchema, 'log')
    queries = reportQueries(model)
    position = 0
  })

  const happened = async (at: number, event: ReportEvent): Promise<void> => {
    const rows = workingSet(model, groupsSchema.tables)
    const placed = { at, position: toPosition(position + 1) } as Placed
    if (event.type === 'ReportMade') await reportMade(event.data, placed, rows)
    if (event.type === 'ReportClosed') await reportClosed(event.data, placed, rows)
    if (event.type === 'ReportExpired') await reportExpired(event.data, placed, rows)
    await model.apply(rows.changes(), placed.position, position === 0 ? origin : toPosition(position))
    position++
  }
  const made = (report: string): ReportEvent => ({
    type: 'ReportMade',
    data: {
      ...{ report, group: groupNumber(1), reporter: userNumber(1), accused: userNumber(2), category: 'spam' },
      ...{ evidence: { digest: report.padEnd(43, 'A'), size: 4_096 }, keeper: userNumber(2) },
    },
  })
  const closed = (report: string): ReportEvent => ({
    type: 'ReportClosed',
    data: { report, act: 1, outcome: 'dismissed' },
  })
  const expired = (report: string): ReportEvent => ({ type: 'ReportExpired', data: { report } })
  const dueBy = async (by: number): Promise<readonly string[]> =>
    [...(await queries.due(by)), ...(await queries.neglected(by))].map(({ report }) => report)

  it('are due by when they were closed, or made where nobody closed them', async () => {
    const [one, two] = [idOf(1), idOf(2)]
    await happened(day, made(one))
    await happened(2 * day, made(two))
    await happened(3 * day, closed(one))
    expect(await dueBy(2 * day - 1)).to.deep.equal([])
    expect(await dueBy(2 * day)).to.deep.equal([two])
    expect(await dueBy(3 * day)).to.deep.equal([one, two])
  })

  it('are due once, also where they are closed after their evidence went', async () => {
    const [one, two] = [idOf(1), idOf(2)]
    for (const report of [one, two]) await happened(day, made(report))
    await happened(2 * day, expired(one))
    expect(await dueBy(9 * day)).to.deep.equal([two])
    await happened(3 * day, closed(one))
    expect(await dueBy(9 * day)).to.deep.equal([two])
    expect(await queries.counts()).to.deep.equal(
      new Map([
        ['open', 1],
        ['closed', 1],
      ]),
    )
  })

  it('that are neglected are found behind any number of those whose evidence went', async () => {
    const gone = workingSet(model, groupsSchema.tables)
    for (let n = 0; n < 600; n++)
      gone.put('reports', {
        ...{ report: `gone ${n}`, status: 'open', made: day, position: n },
        reporter: userNumber(1),
      })
    await model.apply(gone.changes(), toPosition(600), origin)
    position = 600
    await happened(day, made(idOf(1)))
    await happened(9 * day, made(idOf(2)))
    expect(await dueBy(2 * day)).to.deep.equal([idOf(1)])
  })
})
