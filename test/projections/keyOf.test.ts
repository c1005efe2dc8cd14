/** Keys as one text: a projection's rows must not be taken for one another. */
import { expect } from 'chai'
import { keyOf } from '#src/projections/projection.js'

describe('the text of a key', () => {
  it('is another for every other key', () => {
    const keys = [
      keyOf('rows', []),
      keyOf('rows', ['']),
      keyOf('rows', ['', '']),
      keyOf('rows', ['a', 'b']),
      keyOf('rows', ['a b']),
      keyOf('rows', ['a 1:b']),
      keyOf('rows', ['1']),
      keyOf('rows', [1]),
      keyOf('rows', [1, 'a']),
      keyOf('rows', ['1 1:a']),
      keyOf('rows', [1, 1]),
      keyOf('rows', [11]),
      keyOf('rowsOf', ['a', 'b']),
    ]
    expect(new Set(keys).size).to.equal(keys.length)
  })

  it('is the same for the same key', () => {
    expect(keyOf('rows', ['ä', 7])).to.equal(keyOf('rows', ['ä', 7]))
  })
})
