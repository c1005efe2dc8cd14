/** Frames on the wire: lengths of every size, many in one write, and waiting for a network that is slow. */
import { expect } from 'chai'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { makeWire, turn } from './wire.js'

describe('a frame writer', () => {
  for (const length of [0, 125, 126, 65_535, 65_536]) {
    it(`writes a frame of ${length} bytes, in however many pieces`, () => {
      const { connection, texts } = makeWire()
      const writer = frameWriter(connection)
      const text = 'x'.repeat(length)
      const cut = Math.floor(length / 2)
      writer.frame(Buffer.from(text.slice(0, cut)), Buffer.from(text.slice(cut)))
      writer.flush()
      expect(texts()).to.deep.equal([text])
    })
  }

  it('writes all that was gathered at once, and nothing where nothing was', () => {
    const { connection, writes, texts } = makeWire()
    const writer = frameWriter(connection)
    writer.flush()
    writer.frame(Buffer.from('one'))
    writer.frame(Buffer.from('two'))
    expect(writer.unsentBytes()).to.equal(2 * (2 + 3))
    writer.flush()
    expect(writes).to.have.length(1)
    expect(texts()).to.deep.equal(['one', 'two'])
  })

  it('waits until little is unsent', async () => {
    const { connection, letGo } = makeWire({ held: true })
    const writer = frameWriter(connection)
    writer.frame(Buffer.from('a frame'))
    let below = false
    const waiting = writer.below(0).then(() => (below = true))
    await Promise.resolve()
    expect([below, writer.unsentBytes()]).to.deep.equal([false, 2 + 7])
    letGo()
    await waiting
    expect(writer.unsentBytes()).to.equal(0)
  })

  it('writes what was gathered when it ends, nothing after, and keeps nobody waiting', async () => {
    const { connection, texts, letGo } = makeWire({ held: true })
    const writer = frameWriter(connection)
    writer.frame(Buffer.from('last'))
    const waiting = writer.below(0)
    writer.end()
    await waiting
    writer.frame(Buffer.from('too late'))
    writer.flush()
    letGo()
    await turn()
    expect(texts()).to.deep.equal(['last'])
  })
})
