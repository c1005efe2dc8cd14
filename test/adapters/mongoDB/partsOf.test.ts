/** A batch is cut where a document would grow too large, and nowhere else. */
import { expect } from 'chai'
import { partsOf } from '#src/adapters/mongoDB/partsOf.js'

const MiB = 1024 * 1024
/** A row of about so many MiB, most of it in the row itself or in an index. */
const change = (_id: string, mib: number, inIndex = false) => {
  const text = 'x'.repeat(mib * MiB)
  return inIndex ? { table: 'rows', _id, row: '{}', by: { byText: text } } : { table: 'rows', _id, row: text }
}
const cut = (...changes: Parameters<typeof partsOf>[0]) => partsOf(changes).map((part) => part.map(({ _id }) => _id))

describe('the parts of a batch in MongoDB', () => {
  it('are one while it fits, and follow the order of the changes', () => {
    expect(cut()).to.deep.equal([])
    expect(cut(change('a', 2), change('b', 2), change('c', 1))).to.deep.equal([['a', 'b', 'c']])
    expect(cut(change('a', 3), change('b', 2), change('c', 2), change('d', 1))).to.deep.equal([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  it('count what stands in indexes, and bytes rather than letters', () => {
    expect(cut(change('a', 3), change('b', 4, true))).to.deep.equal([['a'], ['b']])
    const umlauts = { table: 'rows', _id: 'c', row: 'ü'.repeat(2 * MiB) }
    expect(cut(umlauts, change('d', 3))).to.deep.equal([['c'], ['d']])
  })

  it('leave a large row alone, and refuse one that no document holds', () => {
    expect(cut(change('a', 1), change('b', 9), change('c', 1))).to.deep.equal([['a'], ['b'], ['c']])
    expect(() => cut(change('a', 13))).to.throw(RangeError, 'a row of rows is too large')
  })
})
