/** What somebody else wrote is shown, whatever it is. */
import { expect } from 'chai'
import { printable, quoted, when } from '#src/cli/printable.js'

describe('what lists show', () => {
  it('of texts moves no terminal', () => {
    expect(printable('a\u001b[2Jb\u0085c')).to.equal('a?[2Jb?c')
  })

  it('of texts in quotation marks neither moves a terminal nor ends them', () => {
    expect(quoted('a"b\u001b[2J\u009b2Jc')).to.equal('"a\\"b\\u001b[2J?2Jc"')
  })

  it('of times is ISO 8601, and of what is no date the number', () => {
    expect(when(0)).to.equal('1970-01-01T00:00:00.000Z')
    expect(when(8.64e15)).to.equal('+275760-09-13T00:00:00.000Z')
    expect(when(8.64e15 + 1)).to.equal('8640000000000001')
    expect(when(-Number.MAX_SAFE_INTEGER)).to.equal('-9007199254740991')
  })
})
