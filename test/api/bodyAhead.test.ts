/** What of a connection is handed on as it comes: bodies, and never a request that stands behind one. */
import { expect } from 'chai'
import { bodyAhead } from '#src/api/http/connection/bodyAhead.js'

describe('the body ahead on a connection', () => {
  const opened = () => {
    let read = { begun: 0, bodyBytes: 0 }
    const begin = (bodyBytes: number): void => {
      read = { begun: read.begun + 1, bodyBytes }
    }
    const { ahead, handOn } = bodyAhead(() => read)
    /** In this piece of so many bytes such a request begins, or none. */
    const hand = (bytes: number, bodyBytes?: number): boolean =>
      handOn(bytes, () => {
        if (bodyBytes !== undefined) begin(bodyBytes)
        return true
      })
    return { ahead, hand, begin }
  }

  it('is as long as was said, less all that came since the piece in which its request began', () => {
    const { ahead, hand } = opened()
    expect(ahead()).to.equal(0)
    hand(4_096, 100_000)
    expect(ahead()).to.equal(95_904)
    hand(65_536)
    expect(ahead()).to.equal(30_368)
    hand(30_368)
    expect(ahead()).to.equal(0)
    hand(4_096)
    expect(ahead()).to.equal(0)
  })

  it('is that of the newest request', () => {
    const { ahead, hand } = opened()
    hand(4_096, 1_000_000)
    hand(4_096, 10_000)
    expect(ahead()).to.equal(5_904)
    hand(4_096, 0)
    expect(ahead()).to.equal(0)
  })

  it('is not known of a request that began unheard, in what waited inside the connection', () => {
    const { ahead, hand, begin } = opened()
    hand(4_096, 10)
    begin(1_000_000)
    expect(ahead()).to.equal(0)
    hand(4_096)
    expect(ahead()).to.equal(0)
    hand(4_096, 1_000_000)
    expect(ahead()).to.equal(995_904)
  })
})
