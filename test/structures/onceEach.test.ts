/** Work that is done once for each object. */
import { expect } from 'chai'
import { onceEach } from '#src/structures/onceEach.js'

describe('once each', () => {
  it('works an answer out once, undefined among them, and anew for another object', () => {
    const asked: number[] = []
    const firstOf = onceEach((list: readonly (number | undefined)[]) => {
      asked.push(list.length)
      return list[0]
    })
    const [one, empty] = [[5], []]
    expect([firstOf(one), firstOf(one), firstOf(empty), firstOf(empty), firstOf([5])]).to.deep.equal([
      5,
      5,
      undefined,
      undefined,
      5,
    ])
    expect(asked).to.deep.equal([1, 0, 1])
  })

  it('keeps no failure', () => {
    let times = 0
    const failing = onceEach((_key: object) => {
      times++
      throw new Error('no')
    })
    const key = {}
    for (let n = 0; n < 2; n++) expect(() => failing(key) as unknown).to.throw('no')
    expect(times).to.equal(2)
  })
})
