/** Cursors held against the head of the log. */
import { expect } from 'chai'
import { heldCursors } from '#src/api/http/request/heldCursor.js'
import { writeCursor } from '#src/items/cursor.js'
import { toPosition } from '#src/ports/position.js'

describe('a cursor that a client passes back', () => {
  const log = () => {
    const at = { head: 5, reads: 0 }
    const held = heldCursors({
      logId: 'log1',
      head: async () => {
        const head = at.head
        at.reads++
        await new Promise(setImmediate)
        return toPosition(head)
      },
    })
    const read = (position: number) => held(writeCursor('log1', toPosition(position)))
    return { at, held, read }
  }

  it('is taken up to the head, and expired beyond it, to the last position there is', async () => {
    const { read } = log()
    expect(await read(5)).to.deep.equal({ position: 5 })
    for (const beyond of [6, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
      expect(await read(beyond)).to.deep.equal({ rejected: { code: 'cursor-expired' } })
    }
  })

  it('is held against the head as it is then, which is read once for many', async () => {
    const { at, read } = log()
    expect(await read(9)).to.have.nested.property('rejected.code', 'cursor-expired')
    at.head = 9
    expect(await Promise.all([read(9), read(7), read(8)])).to.deep.equal([
      { position: 9 },
      { position: 7 },
      { position: 8 },
    ])
    expect(at.reads).to.equal(2)
    await read(9)
    expect(at.reads).to.equal(2)
  })

  it('is another log’s or no cursor at all as before', async () => {
    const { held } = log()
    expect(await held('log2.1')).to.deep.equal({ rejected: { code: 'cursor-expired' } })
    expect(await held('nonsense')).to.have.nested.property('rejected.code', 'malformed')
  })
})
