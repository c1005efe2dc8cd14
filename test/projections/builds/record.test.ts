/** How the pointer of a read model may move, and how not. */
import { expect } from 'chai'
import {
  begin,
  byAct,
  dropped,
  firstRecord,
  foundOf,
  giveUp,
  ofLog,
  turnAnyway,
  turnBack,
  turnTo,
} from '#src/projections/builds/record.js'
import type { BuildsRecord, Change } from '#src/projections/builds/record.js'

const first = firstRecord('log', 1)
const after = (...changes: readonly Change[]): BuildsRecord =>
  changes.reduce<BuildsRecord>((record, change) => {
    const next = change(record)
    if ('refused' in next) throw new Error(next.refused)
    return next
  }, first)

describe('the record of builds', () => {
  it('begins with the first build, of this log', () => {
    expect(first).to.deep.equal({ log: 'log', served: 1, fold: 1, newest: 1, dropping: [] })
    expect(ofLog('log', 9, 5)(first)).to.equal(first)
  })

  it('names a candidate of a number that was never given, and one at a time', () => {
    const begun = after(begin(1, 7), giveUp(8), begin(2, 9))
    expect(begun.candidate).to.deep.equal({ build: 3, fold: 2, begun: 9, status: 'named', anyway: false })
    expect(begun.dropping).to.deep.equal([{ build: 2, since: 8 }])
    expect(begin(1, 10)(begun)).to.deep.equal({ refused: 'underWay' })
  })

  it('turns to the candidate, keeps the former one, and gives that up for the next rebuild', () => {
    const turned = after(begin(2, 7), turnTo(2))
    expect(turned).to.deep.equal({
      log: 'log',
      served: 2,
      fold: 2,
      newest: 2,
      former: { build: 1, fold: 1 },
      dropping: [],
    })
    const next = after(begin(2, 7), turnTo(2), begin(2, 8))
    expect(next).to.not.have.property('former')
    expect(next.dropping).to.deep.equal([{ build: 1, since: 8 }])
  })

  it('turns to nothing else: not twice, not to another, not back unasked', () => {
    const turned = after(begin(1, 7), turnTo(2))
    for (const build of [1, 2, 3]) expect(turnTo(build)(turned), String(build)).to.deep.equal({ refused: 'notSo' })
    expect(turnTo(2)(first)).to.deep.equal({ refused: 'notSo' })
    expect(turnBack(first)).to.deep.equal({ refused: 'noFormer' })
    expect(turnAnyway(first)).to.deep.equal({ refused: 'noCandidate' })
    expect(giveUp(1)(first)).to.deep.equal({ refused: 'noFormer' })
    expect(foundOf(2, { status: 'differs' })(first)).to.deep.equal({ refused: 'noCandidate' })
  })

  it('turns back and forth once each, with the fold of each', () => {
    const back = after(begin(2, 7), turnTo(2), turnBack, turnTo(1))
    expect(back).to.deep.equal({
      log: 'log',
      served: 1,
      fold: 1,
      newest: 2,
      former: { build: 2, fold: 2 },
      dropping: [],
    })
    expect(turnTo(2)(back)).to.deep.equal({ refused: 'notSo' })
  })

  it('does an act on record once, whoever comes first, and none that was overtaken', () => {
    const begun = after(byAct(4, begin(1, 7)))
    expect(begun).to.deep.include({ act: 4, newest: 2 })
    for (const act of [3, 4]) expect(byAct(act, giveUp(9))(begun), String(act)).to.equal(begun)
    expect(byAct(5, giveUp(9))(begun)).to.deep.include({ act: 5, dropping: [{ build: 2, since: 9 }] })
    expect(byAct(5, turnBack)(begun)).to.deep.equal({ refused: 'noFormer' })
  })

  it('of another log serves the same build, emptied, and drops what stood beside', () => {
    const other = after(begin(1, 7), turnTo(2), ofLog('other', 3, 9))
    expect(other).to.deep.equal({ log: 'other', served: 2, fold: 3, newest: 2, dropping: [{ build: 1, since: 9 }] })
    expect(after(begin(1, 7), ofLog('other', 1, 9), dropped(2)).dropping).to.deep.equal([])
  })
})
