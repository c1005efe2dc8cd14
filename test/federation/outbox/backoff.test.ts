/** When a peer that does not answer is tried again. */
import { expect } from 'chai'
import { failedAgain, isOver, isPaused } from '#src/federation/outbox/backoff.js'
import type { Failing } from '#src/federation/outbox/backoff.js'

const hour = 3_600_000

/** After so many tries that failed at once, at 0. */
const after = (failures: number, jitter: number): Failing => {
  let failing: Failing | undefined
  for (let n = 0; n < failures; n++) failing = failedAgain(failing, 0, jitter)
  return failing!
}

describe('a peer that does not answer', () => {
  it('is tried again after a second, then ever later, up to an hour', () => {
    expect([1, 2, 3, 4, 12, 13, 40].map((failures) => after(failures, 1).nextAt)).to.deep.equal([
      1_000,
      2_000,
      4_000,
      8_000,
      2_048_000,
      hour,
      hour,
    ])
  })

  it('is waited for half of the time at least, the other half by chance', () => {
    expect([0, 0.5, 1].map((jitter) => after(3, jitter).nextAt)).to.deep.equal([2_000, 3_000, 4_000])
  })

  it('is not waited for longer where the clock leaps back behind the last try', () => {
    const failing = failedAgain(undefined, 10 * hour, 1)
    const paused = [10 * hour, 10 * hour + 999, 10 * hour + 1_000, 10 * hour - 1].map((now) => isPaused(failing, now))
    expect(paused).to.deep.equal([true, true, false, false])
  })

  it('is over a week after the first try that failed, however often it was tried', () => {
    const week = 7 * 24 * hour
    const failing = failedAgain(failedAgain(undefined, 5, 0), week, 0)
    expect([isOver(failing, 5, week + 4), isOver(failing, 5, week + 5)]).to.deep.equal([false, true])
  })

  it('is over a week after it last got on, once a process that began later has tried for a while', () => {
    const week = 7 * 24 * hour
    const over = (failures: number, movedAt: number) => isOver(after(failures, 1), movedAt, 1)
    expect([over(11, 1 - week), over(12, 1 - week), over(12, 2 - week)]).to.deep.equal([false, true, false])
  })
})
