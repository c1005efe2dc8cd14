/** A memory that is bounded. */
import { expect } from 'chai'
import { newestOf } from '#src/mls/bytes/newest.js'

describe('the newest n', () => {
  it('are kept, and the oldest let go', () => {
    const newest = newestOf<string, number>(2)
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const)
      newest.set(key, value)
    expect(['a', 'b', 'c'].map((key) => newest.get(key))).to.deep.equal([undefined, 2, 3])
    expect(['a', 'b', 'c'].map((key) => newest.has(key))).to.deep.equal([false, true, true])
  })

  it('change their value without growing younger', () => {
    const newest = newestOf<string, number>(2)
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['c', 4],
    ] as const)
      newest.set(key, value)
    expect(['a', 'b', 'c'].map((key) => newest.get(key))).to.deep.equal([undefined, 2, 4])
  })
})
