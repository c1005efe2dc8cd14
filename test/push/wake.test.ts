/** A wake from what causes it to its end: once until its owner acknowledges, again where telling fails, and never for ever. */
import { expect } from 'chai'
import type { WakeRow } from '#src/push/schema.js'
import { acknowledged, arrived, deferred, keptMs, settled } from '#src/push/wake.js'
import type { Arrival, Tried } from '#src/push/wake.js'
import { queueNumber } from '../projections/queues/world.js'

const queue = queueNumber(1)
const [second, minute, hour] = [1_000, 60_000, 3_600_000]
const day = 24 * hour

const message = (position: number, more: Partial<Arrival> = {}): Arrival => ({
  queue,
  position,
  urgency: 'normal',
  at: position,
  ...more,
})
const tried = (more: Partial<Tried> = {}): Tried => ({ given: ['phone'], failed: 0, now: 100, jitter: 0, ...more })
const fresh: WakeRow = { queue, begun: 10, last: 10, urgency: 'normal', due: 0, waiting: 10 }
const told: WakeRow = { queue, begun: 10, last: 10, urgency: 'normal', toldAt: 100 }

describe('a wake', () => {
  it('begins with a message, due at once', () => {
    expect(arrived(undefined, message(10))).to.deep.equal(fresh)
  })

  it('goes on with the messages that follow before it is told, as urgent as the most urgent of them', () => {
    const after = [message(11, { urgency: 'urgent' }), message(12)].reduce<WakeRow>(arrived, fresh)
    expect(after).to.deep.equal({ ...fresh, last: 12, urgency: 'urgent' })
  })

  it('does not become due earlier by a message where telling has failed', () => {
    expect(arrived(deferred(fresh, 500), message(11))).to.deep.equal({ ...fresh, last: 11, due: 500 })
  })

  it('is told once: messages that follow change nothing but where it ends', () => {
    expect(arrived(told, message(11, { urgency: 'urgent' }))).to.deep.equal({ ...told, last: 11 })
  })

  it('begins anew once push services no longer keep what they were told', () => {
    expect(arrived(told, message(20, { at: 100 + keptMs }))).to.deep.equal({
      ...fresh,
      begun: 20,
      last: 20,
      waiting: 20,
    })
  })

  it('ends when all of it is acknowledged, told or not', () => {
    expect(acknowledged(told, 10, 0)).to.equal(undefined)
    expect(acknowledged(fresh, 11, 0)).to.equal(undefined)
  })

  it('stays as it is where something else is acknowledged, or some of what nobody was told of', () => {
    expect(acknowledged(told, 9, 0)).to.equal(told)
    const longer = { ...fresh, last: 12 }
    expect(acknowledged(longer, 11, 0)).to.equal(longer)
  })

  it('rests while its owner reads on: it is told of the rest only if that stops', () => {
    const rest = acknowledged({ ...told, last: 12 }, 11, 7 * second)
    expect(rest).to.deep.equal({ queue, begun: 12, last: 12, urgency: 'normal', due: 37 * second, resting: true })
    expect(acknowledged({ ...rest!, last: 15 }, 13, 9 * second)).to.include({ begun: 14, due: 39 * second })
  })

  it('that rests is due at once when something new comes', () => {
    const rest = acknowledged({ ...told, last: 12 }, 11, 7 * second)
    expect(arrived(rest, message(13))).to.deep.equal({ ...fresh, begun: 12, last: 13, waiting: 12 })
  })

  it('is told when every receiver was', () => {
    expect(settled(fresh, tried())).to.deep.equal(told)
  })

  it('remembers who was told while others were not', () => {
    const once = settled(fresh, tried({ failed: 1 }))
    expect(once)
      .to.include({ failures: 1, since: 100, waiting: 10 })
      .and.deep.include({ given: ['phone'] })
    expect(settled(once!, tried({ given: ['desk'], now: 300 }))).to.deep.equal({ ...told, toldAt: 300 })
  })

  it('is tried again later and later, with some of it left to chance, and at least once an hour', () => {
    const pauses = (jitter: number): readonly number[] => {
      const found: number[] = []
      for (let wake: WakeRow | undefined = fresh; found.length < 14;) {
        wake = settled(wake, tried({ given: [], failed: 1, now: 0, jitter }))
        if (wake?.due === undefined) throw new Error('given up')
        found.push(wake.due)
      }
      return found
    }
    expect(pauses(0).slice(0, 3)).to.deep.equal([2_500, 5_000, 10_000])
    expect(pauses(0).at(-1)).to.equal(30 * minute)
    expect(pauses(1).slice(0, 3)).to.deep.equal([5_000, 10_000, 20_000])
    expect(pauses(1).at(-1)).to.equal(hour)
    expect(pauses(1 / 3).every(Number.isSafeInteger)).to.equal(true)
  })

  it('waits as long as a push service asks, and no longer than an hour', () => {
    const failed = { given: [], failed: 1, now: 0 }
    expect(settled(fresh, tried({ ...failed, retryAfterMs: 10 * minute }))).to.include({ due: 10 * minute })
    expect(settled(fresh, tried({ ...failed, retryAfterMs: 10 * day }))).to.include({ due: hour })
  })

  it('is given up after a day; whom somebody was told of stays told', () => {
    const failing = { ...fresh, failures: 20, since: 0 }
    const late = { given: [], failed: 1 }
    expect(settled(failing, tried({ ...late, now: day - 1 }))).to.include({ failures: 21 })
    expect(settled(failing, tried({ ...late, now: day }))).to.equal(undefined)
    expect(settled({ ...failing, given: ['phone'] }, tried({ ...late, now: day }))).to.deep.equal({
      ...told,
      toldAt: day,
    })
  })
})
