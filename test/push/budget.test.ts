/** How often one queue may be pushed to: a burst at once, then one by one, and no more kept than the newest. */
import { expect } from 'chai'
import { keepBudget } from '#src/push/budget.js'
import { queueNumber } from '../projections/queues/world.js'

const rate = { burst: 3, everyMs: 1_000 }
const [one, other] = [queueNumber(1), queueNumber(2)]

const spentAt = (...times: readonly number[]) => {
  const budget = keepBudget(() => rate)
  for (const at of times) budget.spend(one, at)
  return budget
}

describe('a budget of pushes', () => {
  it('lets a queue be pushed to at once as often as a burst says, and then when one is due again', () => {
    expect(spentAt(0, 0).nextAt(one, 0)).to.equal(0)
    expect(spentAt(0, 0, 0).nextAt(one, 0)).to.equal(1_000)
    expect(spentAt(0, 0, 0).nextAt(one, 999)).to.equal(1_000)
    expect(spentAt(0, 0, 0).nextAt(one, 1_000)).to.equal(1_000)
    expect(spentAt(0, 0, 0, 1_000).nextAt(one, 1_000)).to.equal(2_000)
  })

  it('is whole again after the time for all of it, and no more than whole after longer', () => {
    expect(spentAt(0, 0, 0, 3_000, 3_000).nextAt(one, 3_000)).to.equal(3_000)
    expect(spentAt(0, 0, 0, 90_000, 90_000, 90_000).nextAt(one, 90_000)).to.equal(91_000)
  })

  it('of one queue is none of another', () => {
    expect(spentAt(0, 0, 0).nextAt(other, 0)).to.equal(0)
  })

  it('never says a time that has been', () => {
    expect(spentAt().nextAt(one, 5_000)).to.equal(5_000)
    expect(spentAt(0, 0, 0).nextAt(one, 60_000)).to.equal(60_000)
  })

  it('that is off lets through whatever comes', () => {
    const budget = keepBudget(() => 'off')
    for (let n = 0; n < 100; n++) budget.spend(one, 0)
    expect(budget.nextAt(one, 0)).to.equal(0)
  })

  it('is forgotten of the queue that was pushed to longest ago, beyond fifty thousand of them', () => {
    const budget = spentAt(0, 0, 0)
    for (let n = 2; n <= 50_000; n++) budget.spend(queueNumber(n), 0)
    expect(budget.nextAt(one, 0)).to.equal(1_000)
    budget.spend(queueNumber(50_001), 0)
    expect(budget.nextAt(one, 0)).to.equal(0)
  })
})
