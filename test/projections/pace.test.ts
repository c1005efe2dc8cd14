/** When a read model rests between two batches, and who ends that. */
import { expect } from 'chai'
import { makePace } from '#src/projections/pace.js'
import { handClock } from '../adapters/eventStoreDB/handClock.js'

const never = new AbortController().signal

describe('the pace of a read model', () => {
  const resting = (clock = handClock(1_000), signal = never) => {
    const pace = makePace(clock, 10)
    let isOver = false
    const rest = (since: number) => {
      isOver = false
      return pace.rest(since, signal).then(() => (isOver = true))
    }
    return { clock, pace, rest, isOver: () => isOver }
  }

  it('is a rest of so long from the beginning of a batch, none after one that took longer', async () => {
    const { clock, rest, isOver } = resting()
    const over = rest(994)
    await clock.napping(4)
    clock.advance(3)
    await new Promise(setImmediate)
    expect(isOver()).to.equal(false)
    clock.advance(1)
    await over
    await rest(990)
  })

  it('ends when somebody waits, and is none for as long as somebody does', async () => {
    const { pace, rest, isOver } = resting()
    const over = rest(1_000)
    let done = (): void => undefined
    const waiting = pace.hurry(() => new Promise<void>((resolve) => (done = resolve)))
    await over
    await rest(1_000)
    done()
    await waiting
    void rest(1_000)
    await new Promise(setImmediate)
    expect(isOver()).to.equal(false)
  })

  it('ends when the work does', async () => {
    const stop = new AbortController()
    const { rest } = resting(handClock(1_000), stop.signal)
    const over = rest(1_000)
    stop.abort()
    await over
    await rest(1_000)
  })
})
