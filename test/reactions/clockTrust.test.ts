/** Whether a clock may be believed, by its readings alone; and how old a queue is when the server was down in between. */
import { expect } from 'chai'
import { believedAt, earliestAt, looked, trustAtStart, trusting } from '#src/reactions/clockTrust.js'
import { servedSince } from '#src/reactions/servedTime.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const year2026 = Date.UTC(2026, 0, 1)

describe('whether a clock may be believed', () => {
  const start = (wall: number, newest: number | undefined) =>
    trustAtStart({ reading: { wall, elapsed: 0 }, newest, leapMsMax: 7 * day })

  it('at a start: not further past the newest event than a stop is long', () => {
    expect(start(year2026, undefined).held).to.equal(undefined)
    expect(start(year2026 + 7 * day, year2026).held).to.equal(undefined)
    expect(start(year2026 + 7 * day + 1, year2026).held)
      .to.contain('2026-01-08')
      .and.contain('2026-01-01')
    expect(start(year2026 - 365 * day, year2026).held).to.equal(undefined)
  })

  it('later: not when it leaps, either way, while little time runs', () => {
    const trust = trusting({ wall: year2026, elapsed: 10 })
    const after = (leap: number) => looked(trust, { wall: year2026 + day + leap, elapsed: 10 + day }).held
    expect(after(5 * minute)).to.equal(undefined)
    expect(after(-5 * minute)).to.equal(undefined)
    expect(after(5 * minute + 1)).to.be.a('string')
    expect(after(-5 * minute - 1)).to.be.a('string')
  })

  it('again when it is back within an hour of what it should say, however long that took', () => {
    const held = looked(trusting({ wall: year2026, elapsed: 0 }), { wall: year2026 + 31 * day, elapsed: 1 })
    expect(looked(held, { wall: year2026 + 32 * day, elapsed: day }).held).to.be.a('string')
    expect(looked(held, { wall: year2026 + day + hour + 1, elapsed: day }).held).to.be.a('string')
    expect(looked(held, { wall: year2026 + day + hour, elapsed: day }).held).to.equal(undefined)
  })

  it('not for leaps of less than an hour that add up', () => {
    let trust = trusting({ wall: year2026, elapsed: 0 })
    for (let n = 1; n <= 3; n++) {
      // Once to notice it, once to see that it is still near.
      for (const elapsed of [2 * n, 2 * n + 1]) trust = looked(trust, { wall: year2026 + n * 50 * minute, elapsed })
    }
    expect(trust.held).to.be.a('string')
  })

  it('a clock that was far behind at the start is right once it says what the newest event and the time since say', () => {
    const behind = start(year2026 - 100 * day, year2026)
    const set = looked(behind, { wall: year2026 + minute, elapsed: minute })
    expect(set.held).to.be.a('string')
    expect(looked(set, { wall: year2026 + 2 * minute, elapsed: 2 * minute }).held).to.equal(undefined)
  })

  it('tells the time by the stopwatch while it is not, and lets no event look old', () => {
    const held = looked(trusting({ wall: year2026, elapsed: 0 }), { wall: year2026 - 365 * day, elapsed: 1 })
    const later = { wall: year2026 - 365 * day + hour, elapsed: hour }
    expect(believedAt(held, later)).to.equal(year2026 + hour)
    expect(earliestAt(held, later)).to.equal(year2026 + hour - 5 * minute)
    expect(earliestAt(trusting({ wall: 5 * hour, elapsed: 0 }), { wall: 0, elapsed: hour })).to.equal(
      6 * hour - 5 * minute,
    )
  })
})

describe('since when a server was up for a time', () => {
  const cases: readonly (readonly [string, readonly (readonly [number, number])[], number])[] = [
    ['nothing was in between', [], 910],
    ['it was down before', [[100, 200]], 910],
    ['it was down once', [[920, 980]], 850],
    ['it was down to the end', [[950, 1_000]], 860],
    [
      'it was down twice',
      [
        [300, 940],
        [970, 980],
      ],
      260,
    ],
    ['it was down all along', [[0, 1_000]], -90],
    [
      'spans lie over each other',
      [
        [900, 960],
        [950, 990],
      ],
      820,
    ],
    ['it was down in what its clock calls the future', [[900, 2_000]], 810],
  ]
  for (const [name, spans, expected] of cases) {
    it(`when ${name}`, () => {
      const downtimes = spans.map(([from, until]) => ({ from, until }))
      expect(servedSince(1_000, 90, downtimes)).to.equal(expected)
    })
  }
})
