/** Facts handed on without being read back are what would have been read back. */
import { expect } from 'chai'
import { asWritten } from '#src/events/form/asWritten.js'
import type { Json } from '#src/events/form/json.js'

const values: readonly Json[] = [
  'text "\\\u0000\u2028é漢😀\ud800',
  [0, -0, 1e21, -1.5, NaN, Infinity, -Infinity, Number.MIN_VALUE],
  [true, false, null, '', [], {}],
  { b: 1, a: { gone: undefined, kept: [{ gone: undefined, c: [[-0]] }] }, 2: 'x', 1: undefined },
  JSON.parse('{"__proto__":{"polluted":[-0]},"constructor":1,"toString":null}') as Json,
]

describe('a fact as it is written', () => {
  it('is what is read back', () => {
    for (const value of values) {
      const read = JSON.parse(JSON.stringify(value)) as Json
      const made = asWritten(value)
      expect(made).to.deep.equal(read)
      expect(JSON.stringify(made)).to.equal(JSON.stringify(read))
    }
  })

  it('has one zero, and no field that is undefined', () => {
    expect(Object.is((asWritten([-0]) as number[])[0], 0)).to.equal(true)
    expect(Object.keys(asWritten({ a: undefined, b: 1 }) as object)).to.deep.equal(['b'])
  })

  it('shares no object with what it was made of', () => {
    const value = { list: [{ a: 1 }] }
    const made = asWritten(value)
    value.list[0]!.a = 2
    value.list.push({ a: 3 })
    expect(made).to.deep.equal({ list: [{ a: 1 }] })
  })
})
