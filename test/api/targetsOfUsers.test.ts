/** Messages for some, counted: by client, and of another server's user as often as it has clients. */
import { expect } from 'chai'
import { countTargeted } from '#src/api/groups/targets.js'
import { parseUserId } from '#src/mls/wire/ids.js'
import { reject } from '#src/streams/rejection.js'

const [bob, bea] = [
  parseUserId('mimi://b.example/u/AAAAAAAAAAAAAAAAAAAAAA')!,
  parseUserId('mimi://b.example/u/AQEBAQEBAQEBAQEBAQEBAQ')!,
]

describe('messages for some', () => {
  it('are so many for each client that may have sent them, in each group and epoch', () => {
    const counts = countTargeted({ targetedPerEpochMax: 2 })
    const taken = (times: number, clients?: number) =>
      Array.from({ length: times }, () => counts.take(bob, 'one', 1n, clients)).filter((one) => one === undefined)
        .length
    expect(taken(3)).to.equal(2)
    expect(counts.take(bob, 'one', 1n, 1)).to.deep.equal(
      reject({ code: 'limit-reached', limit: 'targetedPerEpochMax', max: 2 }),
    )
    expect(taken(3, 2)).to.equal(2)
    for (const other of [counts.take(bea, 'one', 1n), counts.take(bob, 'two', 1n), counts.take(bob, 'one', 2n)])
      expect(other).to.equal(undefined)
    counts.giveBack(bob, 'one', 1n)
    expect(taken(2, 2)).to.equal(1)
  })
})
