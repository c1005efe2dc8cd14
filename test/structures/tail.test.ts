/** The newest of what comes in order: which those are, and that nothing holds on to what was dropped. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { keepTail } from '#src/structures/tail.js'

type One = { readonly place: number; readonly weight: number }

const tailOf = (bounds: { readonly countMax?: number; readonly weightMax?: number }, start = 0) =>
  keepTail<One, number>({
    start,
    countMax: 1_000,
    weightMax: 1_000,
    ...bounds,
    placeOf: ({ place }) => place,
    weightOf: ({ weight }) => weight,
  })

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

describe('the newest of what comes in order', () => {
  it('are those above a place, as long as all of them are here', () => {
    const tail = tailOf({ countMax: 3 }, 3)
    const above = (place: number, limit?: number) => tail.above(place, limit)?.map((one) => one.place)
    expect([above(2), above(3), above(9)]).to.deep.equal([undefined, [], []])
    for (const place of [5, 6, 8]) tail.push({ place, weight: 1 })
    expect([above(3), above(5), above(8), above(3, 2)]).to.deep.equal([[5, 6, 8], [6, 8], [], [5, 6]])
    tail.push({ place: 9, weight: 1 })
    expect([above(4), above(5)]).to.deep.equal([undefined, [6, 8, 9]])
    for (let place = 10; place < 100; place++) tail.push({ place, weight: 1 })
    expect([above(95), above(96)]).to.deep.equal([undefined, [97, 98, 99]])
  })

  it('are few when they are heavy, and none when one alone is too heavy', () => {
    const tail = tailOf({ weightMax: 25 })
    for (const place of [1, 2, 3]) tail.push({ place, weight: 10 })
    expect([tail.above(0), tail.above(1)?.length]).to.deep.equal([undefined, 2])
    tail.push({ place: 4, weight: 26 })
    expect([tail.above(3), tail.above(4)]).to.deep.equal([undefined, []])
  })

  for (const [bound, bounds] of Object.entries({ number: { countMax: 10 }, weight: { weightMax: 100 } })) {
    it(`are all that is held on to, bounded in ${bound}`, async () => {
      const tail = tailOf(bounds)
      const pushed: WeakRef<One>[] = []
      for (let place = 1; place <= 15; place++) {
        const one = { place, weight: 10 }
        tail.push(one)
        pushed.push(new WeakRef(one))
      }
      // What was just made is held until the turn is over.
      await new Promise(setImmediate)
      collectGarbage()
      const alive = pushed.flatMap((one) => one.deref()?.place ?? [])
      expect(alive).to.deep.equal([6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
      expect(tail.above(5)).to.have.length(10)
    })
  }
})
