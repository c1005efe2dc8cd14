/** Between what limits may be: every one has a range, and none of them lets the server be broken. */
import { expect } from 'chai'
import { amountsShown, amountsWith } from '#src/limits/inForce.js'
import type { Amounts } from '#src/limits/inForce.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import type { Limits, RateName } from '#src/limits/limits.js'
import { limitRanges, rateRangeOf, unfit } from '#src/limits/ranges.js'

const limitNames = Object.keys(limitDefaults) as (keyof Limits)[]
const rateNames = Object.keys(rateDefaults) as RateName[]
const settings: Amounts = { limits: limitDefaults, rates: rateDefaults }
const shownOf = (name: string, said: Parameters<typeof amountsShown>[1], from = settings) =>
  amountsShown(from, said).find((one) => one.name === name)

describe('the range of a limit', () => {
  it('has the default within it, and is fixed where the start binds it', () => {
    expect(Object.keys(limitRanges)).to.deep.equal(limitNames)
    for (const name of limitNames) {
      const range = limitRanges[name]
      if (range === 'fixed') expect(unfit(name, limitDefaults[name]), name).to.deep.equal({ why: 'fixed' })
      else expect(unfit(name, limitDefaults[name]), name).to.equal(undefined)
    }
    for (const name of rateNames) expect(unfit(name, rateDefaults[name]), name).to.equal(undefined)
  })

  it('ends where it says: one less than the least and one more than the most are beyond it', () => {
    for (const name of limitNames) {
      const range = limitRanges[name]
      if (range === 'fixed') continue
      const { min, max } = range
      for (const value of [min, max]) expect(unfit(name, value), name).to.equal(undefined)
      for (const value of [min - 1, max + 1])
        expect(unfit(name, value), name).to.deep.equal({ why: 'outOfRange', min, max })
    }
  })

  it('has no 0 but where 0 means nobody', () => {
    const zero = limitNames.filter((name) => unfit(name, 0) === undefined)
    expect(zero).to.deep.equal(['invitationsPerUserMax'])
  })

  it('says which part of a rate is beyond it, and keeps guesses few', () => {
    const { burst, everyMs } = rateRangeOf('sendsPerClient')
    expect(unfit('sendsPerClient', { burst: 0.5, everyMs: 1_000 })).to.deep.equal({
      why: 'outOfRange',
      ...burst,
      part: 'burst',
    })
    expect(unfit('sendsPerClient', { burst: 60, everyMs: everyMs.max + 1 })).to.include({ part: 'everyMs' })
    expect(unfit('operatorGuessesPerAddress', { burst: 101, everyMs: 60_000 })).to.include({ part: 'burst', max: 100 })
  })

  it('takes a whole number for a limit, a rate for a rate, and no name that is none', () => {
    expect(unfit('groupMembersMax', 2.5)).to.deep.equal({ why: 'otherKind' })
    expect(unfit('groupMembersMax', { burst: 1, everyMs: 1 })).to.deep.equal({ why: 'otherKind' })
    expect(unfit('sendsPerClient', 60)).to.deep.equal({ why: 'otherKind' })
    for (const name of ['nobody', 'toString', '__proto__']) expect(unfit(name, 1)).to.deep.equal({ why: 'noSuchName' })
  })
})

describe('the value that holds', () => {
  it('is an operator’s, else a setting’s, else the default, and says which', () => {
    const set = { ...settings, limits: { ...limitDefaults, groupMembersMax: 500 } }
    expect(shownOf('groupMembersMax', [])).to.include({ value: 1_000, source: 'default', setting: 1_000 })
    expect(shownOf('groupMembersMax', [], set)).to.include({ value: 500, source: 'environment', setting: 500 })
    const said = [['groupMembersMax', 200] as const]
    expect(shownOf('groupMembersMax', said, set)).to.include({ value: 200, source: 'operator', setting: 500 })
    expect(amountsWith(set, said).limits.groupMembersMax).to.equal(200)
  })

  it('is a rate like any, though the settings turned it off', () => {
    const off = { ...settings, rates: { ...rateDefaults, sendsPerClient: 'off' as const } }
    const rate = { burst: 5, everyMs: 500 }
    expect(shownOf('sendsPerClient', [], off)).to.include({ value: 'off', source: 'environment' })
    expect(amountsWith(off, [['sendsPerClient', rate]]).rates.sendsPerClient).to.deep.equal(rate)
  })

  it('is not what is on record and would break this version', () => {
    const said = [
      ['groupMembersMax', 0],
      ['listenBacklogMax', 1],
      ['noLongerThere', 7],
    ] as const
    expect(amountsWith(settings, said)).to.deep.equal(settings)
    expect(shownOf('groupMembersMax', said)).to.include({ value: 1_000, source: 'default' })
  })
})
