/** docs/federation.md: its bytes are those of the vectors, and its names, reasons and bounds those of the code. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { askedOfHub } from '#src/federation/askedOfHub.js'
import * as limits from '#src/federation/wire/limits.js'
import type { BodyVector, RefusedVector } from './vectors/federation.js'
import { vectorsIn } from './vectors/vectorFile.js'

const page = readFileSync(new URL('../../../../docs/federation.md', import.meta.url), 'utf8')
const { draft, bodies, refused } = vectorsIn('federation') as {
  readonly draft: string
  readonly bodies: readonly BodyVector[]
  readonly refused: readonly RefusedVector[]
}

describe('docs/federation.md', () => {
  it('has bytes that are those of the vectors, under their names', () => {
    const blocks = [...page.matchAll(/^```hex (\S+)\n([^`]*)^```$/gm)]
    expect(blocks).to.have.length.above(4)
    for (const [, name = '', text = ''] of blocks)
      expect(text.replace(/;.*$/gm, '').replace(/\s/g, ''), name).to.equal(
        bodies.find((one) => one.name === name)?.bytes,
      )
  })

  it('is of the draft that the vectors are of, and tells of every struct', () => {
    expect(page).to.contain(draft)
    // What stands one after another is told of as one.
    for (const { struct } of bodies) expect(page).to.contain(struct.replace(/s$/, ''))
  })

  it('names every reason for which something is not spoken, and no other', () => {
    const [, table = ''] = page.split('### What is refused by name')
    const [rows = ''] = table.split('\n###')
    const cells = [...rows.matchAll(/^\|.*\| (`.*`) \|$/gm)].map(([, cell = '']) => cell)
    const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
    const reasons = refused.flatMap(({ refusal }) => /^unsupported-message (\w+)$/.exec(refusal)?.[1] ?? [])
    expect(named.sort()).to.deep.equal([...new Set(reasons)].sort())
  })

  it('shows everything that is asked beside MLS, as it is read', () => {
    const [, text = ''] = /^```json decide\n([^`]*)^```$/m.exec(page) ?? []
    const shown = text.trim().split('\n')
    for (const line of shown) expect(askedOfHub.safeParse(JSON.parse(line)).success, line).to.equal(true)
    expect(shown.map((line) => (JSON.parse(line) as { type: string }).type)).to.have.members(
      askedOfHub.options.map(({ shape }) => shape.type.value),
    )
  })

  it('says each bound of the decoder', () => {
    const [, bounds = ''] = page.split('### Bounds')
    const numbers = [...(bounds.split('\n##')[0] ?? '').matchAll(/[\d,]*\d/g)].map(([text]) =>
      Number(text.replace(/,/g, '')),
    )
    for (const [name, limit] of Object.entries(limits))
      expect(numbers, name).to.include(name === 'bodyBytesMax' ? limit / 1024 / 1024 : limit)
  })
})
