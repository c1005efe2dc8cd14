/** docs/wire.md: every example in it is made again by the code and read by it, and says what the page says. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { closeCodes } from '#src/api/realtime/websocketFrames.js'
import { supportedSuites } from '#src/mls/crypto/servedSuites.js'
import { allVectors } from './vectors/allVectors.js'
import { makeTown } from './vectors/town.js'
import { type Sample, samplesOf } from './wireSamples.js'

const page = readFileSync(new URL('../../../../docs/wire.md', import.meta.url), 'utf8')

/** Blocks with a label, comments and line ends left out. */
const blocks = new Map(
  [...page.matchAll(/^```(hex|text) (\S+)\n([^`]*)^```$/gm)].map(([, kind, label = '', text = '']) => [
    label,
    kind === 'hex' ? text.replace(/;.*$/gm, '').replace(/\s/g, '') : text.trim(),
  ]),
)

describe('docs/wire.md', () => {
  let samples: ReadonlyMap<string, Sample>
  before(async () => {
    samples = await samplesOf(await makeTown(), await allVectors())
  })

  it('has every example that the code makes, byte for byte, and no other', () => {
    expect([...blocks.keys()].sort()).to.deep.equal([...samples.keys()].sort())
    for (const [label, { made }] of samples) expect(blocks.get(label), label).to.equal(made)
  })

  it('has examples that say what they are examples of', async () => {
    for (const [label, { read, says }] of samples)
      expect(await read(blocks.get(label) ?? ''), label).to.deep.equal(says)
  })

  it('names the suites that are served and the codes that sockets close with', () => {
    const numbers = (row: RegExp): number[] =>
      [...page.matchAll(row)].flatMap(([, first = '']) => first.split(', ').map(Number))
    expect(numbers(/^\| (\d) \| MLS_/gm)).to.deep.equal(supportedSuites)
    expect(numbers(/^\| ([\d, ]{4,}) \| [a-z]/gm).sort()).to.deep.equal(Object.values<number>(closeCodes).sort())
  })

  it('has headings that others may link to', () => {
    const headings = [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading]) => heading)
    expect(new Set(headings).size).to.equal(headings.length)
    expect(headings).to.include('Application content')
  })
})
