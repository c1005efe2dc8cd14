/** The newest n of a map, and nothing older. */
import { expect } from 'chai'
import { keepNewest } from '#src/structures/newest.js'

describe('the newest n', () => {
  it('forgets the oldest when one more comes', () => {
    const kept = keepNewest<string, number>(2)
    for (const [n, key] of ['a', 'b', 'c'].entries()) kept.set(key, n)
    expect(['a', 'b', 'c'].map((key) => kept.get(key))).to.deep.equal([undefined, 1, 2])
  })

  it('makes one that is set again the newest, and one that is read not', () => {
    const kept = keepNewest<string, number>(2)
    kept.set('a', 1)
    kept.set('b', 2)
    kept.get('a')
    kept.set('b', 3)
    kept.set('c', 4)
    expect(['a', 'b', 'c'].map((key) => kept.get(key))).to.deep.equal([undefined, 3, 4])
    kept.set('b', 5)
    kept.set('d', 6)
    expect(['b', 'c', 'd'].map((key) => kept.has(key))).to.deep.equal([true, false, true])
  })

  it('tells an answer of undefined from none', () => {
    const kept = keepNewest<string, undefined>(2)
    kept.set('a', undefined)
    expect([kept.has('a'), kept.has('b')]).to.deep.equal([true, false])
  })

  it('forgets what it is told to', () => {
    const kept = keepNewest<string, number>(2)
    kept.set('a', 1)
    kept.set('b', 2)
    kept.delete('a')
    expect([kept.has('a'), kept.has('b')]).to.deep.equal([false, true])
    kept.clear()
    expect(kept.has('b')).to.equal(false)
  })

  it('keeps the same as a list would that is searched, whatever is set and deleted', () => {
    const kept = keepNewest<number, number>(7)
    let list: (readonly [number, number])[] = []
    for (let n = 0, key = 1; n < 5_000; n++) {
      key = (key * 48_271) % 2_147_483_647
      const [one, what] = [key % 12, (key >> 8) % 10]
      const others = list.filter(([each]) => each !== one)
      if (what > 1) kept.set(one, n)
      else kept.delete(one)
      list = what > 1 ? [...others, [one, n] as const].slice(-7) : others
      if (key % 500 === 0) {
        kept.clear()
        list = []
      }
      const found = Array.from({ length: 12 }, (_, each) => each).filter((each) => kept.has(each))
      expect(found).to.deep.equal(list.map(([each]) => each).sort((a, b) => a - b))
      for (const [each, value] of list) expect(kept.get(each)).to.equal(value)
    }
  })
})
