/** Which items are recorded together. */
import { expect } from 'chai'
import type { Item } from '#src/federation/item.js'
import { runFrom } from '#src/federation/record/runs.js'

const item = (sequence: number, kind: Item['kind'] = 'message', size = 10): Item => ({
  sequence,
  kind,
  bytes: new Uint8Array(size),
  events: [],
})
const numbers = (items: readonly Item[], at = 0): readonly number[] =>
  runFrom(items, at).map(({ sequence }) => sequence)

describe('items that are recorded together', () => {
  it('are messages that follow on each other, and nothing else with them', () => {
    const items = [item(3), item(4), item(5, 'commit'), item(6, 'notice'), item(7), item(9)]
    expect(numbers(items)).to.deep.equal([3, 4])
    expect(numbers(items, 1)).to.deep.equal([4])
    expect([numbers(items, 2), numbers(items, 3)]).to.deep.equal([[5], [6]])
    expect(numbers(items, 4)).to.deep.equal([7])
    expect(numbers(items, 6)).to.deep.equal([])
  })

  it('are a hundred at most, and as much as fits into one append', () => {
    const many = Array.from({ length: 150 }, (_, at) => item(at))
    expect([numbers(many).length, numbers(many, 100).length]).to.deep.equal([100, 50])
    const large = Array.from({ length: 5 }, (_, at) => item(at, 'message', 200_000))
    expect(numbers(large)).to.deep.equal([0, 1])
    expect(numbers([item(0, 'message', 900_000), item(1)])).to.deep.equal([0])
  })
})
