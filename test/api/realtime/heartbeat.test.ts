/** Pings: so many in a row may go unanswered, and anything that comes starts the count again. */
import { expect } from 'chai'
import { makeHeartbeat } from '#src/api/realtime/heartbeat.js'

describe('a heartbeat', () => {
  it('ends with more misses in a row than may be', () => {
    let pings = 0
    const { beat } = makeHeartbeat(() => (pings += 1), 2)
    expect([beat(), beat(), beat()]).to.deep.equal([true, true, false])
    expect(pings).to.equal(2)
  })

  it('starts again with whatever is heard', () => {
    const { beat, heard } = makeHeartbeat(() => undefined, 1)
    for (let nth = 0; nth < 3; nth++) {
      expect(beat()).to.equal(true)
      heard()
    }
    expect([beat(), beat()]).to.deep.equal([true, false])
  })
})
