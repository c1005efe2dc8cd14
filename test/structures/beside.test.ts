/** What is kept beside an object. */
import { expect } from 'chai'
import { keepBeside } from '#src/structures/beside.js'

describe('a value kept beside an object', () => {
  it('is found by that object alone, and the first one stays', () => {
    const kept = keepBeside<object, number | undefined>()
    const [one, none, other] = [{ a: 1 }, new Uint8Array(2), { a: 1 }]
    kept.keep(one, 5)
    kept.keep(one, 6)
    kept.keep(none, undefined)
    expect([one, none, other].map((key) => [kept.has(key), kept.get(key)])).to.deep.equal([
      [true, 5],
      [true, undefined],
      [false, undefined],
    ])
  })

  it('is not what another keeps beside the same one', () => {
    const [kept, others] = [keepBeside<object, number>(), keepBeside<object, number>()]
    const key = {}
    kept.keep(key, 1)
    expect(others.has(key)).to.equal(false)
    others.keep(key, 2)
    expect([kept.get(key), others.get(key)]).to.deep.equal([1, 2])
  })

  it('is no field: neither copies nor lists nor JSON have it', () => {
    const kept = keepBeside<object, number>()
    const key = { a: 1 }
    kept.keep(key, 7)
    expect(kept.has({ ...key })).to.equal(false)
    expect([Reflect.ownKeys(key), JSON.stringify(key)]).to.deep.equal([['a'], '{"a":1}'])
    expect(key).to.deep.equal({ a: 1 })
  })
})
