/** JSON counted before it is parsed: as many values, fields and levels as there are, whatever stands in the strings. */
import { expect } from 'chai'
import { beyondBounds } from '#src/api/http/request/jsonBounds.js'

const free = { depthMax: 1_000, valuesMax: 1_000_000, keysMax: 1_000_000 }
const beyond = (text: string, bounds: Partial<typeof free>): string | undefined =>
  beyondBounds(Buffer.from(text), { ...free, ...bounds })

type Json = string | number | boolean | null | Json[] | { [field: string]: Json }
/** What the parser makes of it, counted. */
const valuesIn = (json: Json): number =>
  typeof json === 'object' && json !== null
    ? Object.values(json).reduce((sum: number, value: Json) => sum + valuesIn(value), 1)
    : 1
const keysIn = (json: Json): number =>
  typeof json === 'object' && json !== null
    ? Math.max(Array.isArray(json) ? 0 : Object.keys(json).length, 0, ...Object.values(json).map(keysIn))
    : 0
const depthOf = (json: Json): number =>
  typeof json === 'object' && json !== null ? 1 + Math.max(0, ...Object.values(json).map(depthOf)) : 0

/** Any JSON there is, of a seed. */
const makeJson = (seed: number): Json => {
  let state = seed
  const below = (max: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % max
  }
  const strings = ['', 'a', '"', '\\', '\\"', '{"a":[1,2]}', ',:,:', '\u2028 ü 漢 😀', '\\\\":', '[[[[', '\n\t']
  const make = (depth: number): Json => {
    switch (below(depth > 6 ? 4 : 7)) {
      case 0:
        return strings[below(strings.length)]!
      case 1:
        return [0, -1.5e-7, 12, 1e300][below(4)]!
      case 2:
        return below(2) === 0
      case 3:
        return null
      case 4:
        return Array.from({ length: below(6) }, () => make(depth + 1))
      default:
        return Object.fromEntries(
          Array.from({ length: below(6) }, (_, n) => [`${strings[below(11)]!}${n}`, make(depth + 1)]),
        )
    }
  }
  return make(0)
}

describe('JSON before it is parsed', () => {
  it('is counted as the parser would, in whatever form it is written', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const json = makeJson(seed)
      const [values, keys, depth] = [valuesIn(json), keysIn(json), depthOf(json)]
      for (const text of [JSON.stringify(json), JSON.stringify(json, null, 3), JSON.stringify(json, null, '\t')]) {
        expect(beyond(text, { valuesMax: values, keysMax: keys, depthMax: depth }), text).to.equal(undefined)
        expect(beyond(text, { valuesMax: values - 1 }), text).to.equal(`more than ${values - 1} values`)
        if (keys > 0) expect(beyond(text, { keysMax: keys - 1 }), text).to.include('fields')
        if (depth > 0) expect(beyond(text, { depthMax: depth - 1 }), text).to.include('nested deeper')
      }
    }
  })

  it('is counted past strings of any length that end in any way', () => {
    for (let length = 0; length < 200; length++) {
      for (const end of ['', '\\', '"', '\\"', '\\\\', '"\\', 'é', '\u0001']) {
        const text = JSON.stringify([
          'x'.repeat(length) + end,
          `${'"'.repeat(length)}${end}`,
          '\\'.repeat(length) + end,
          1,
        ])
        expect(beyond(text, { valuesMax: 5 }), text).to.equal(undefined)
        expect(beyond(text, { valuesMax: 4 }), text).to.equal('more than 4 values')
      }
    }
  })

  it('is not looked at behind what is too much', () => {
    const looked: number[] = []
    const watched = (text: string): Uint8Array =>
      new Proxy(Buffer.from(text), {
        get: (bytes, field) => {
          if (typeof field === 'string' && /^\d+$/.test(field)) looked.push(Number(field))
          return Reflect.get(bytes, field) as unknown
        },
      })
    for (const much of ['['.repeat(9_000), '1,'.repeat(9_000), '{"a":1,"b":2},'.repeat(3_000), '""'.repeat(9_000)]) {
      looked.length = 0
      const bounds = { depthMax: 8, valuesMax: 20, keysMax: 2 }
      expect(beyondBounds(watched(`[${much}`), bounds)).to.be.a('string')
      expect(Math.max(...looked)).to.be.below(400)
    }
  })

  it('ends where the bytes do, also within a string, an escape or a word', () => {
    for (const text of ['', '"', '"\\', '"\\"', '[', '{"a', '{"a":', 'tru', ']]]]', '}:,', ':::', '\\']) {
      expect(beyond(text, { depthMax: 4, valuesMax: 4, keysMax: 4 }), text).to.equal(undefined)
    }
  })
})
