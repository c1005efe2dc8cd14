/** Other servers that do not answer, and who waits for them. */
import { expect } from 'chai'
import { knowAway } from '#src/federation/forwarding/away.js'
import { PeerNotFederating, PeerUnreachable } from '#src/federation/peers/peerErrors.js'
import { PeerAway, PeerNotAsked } from '#src/ports/peers.js'
import { handClock, nameOf } from './peerHouse.js'

const b = nameOf('b.example')

describe('a peer that does not answer', () => {
  const house = () => {
    const clock = handClock(1_000)
    const away = knowAway(clock)
    const peer = { asked: 0, answer: (): Promise<string> => Promise.reject(new PeerUnreachable(b, 'nobody there')) }
    const ask = () =>
      away.unlessAway(b, () => {
        peer.asked++
        return peer.answer()
      })
    const waitMs = async (): Promise<number | string> => {
      try {
        return await ask()
      } catch (error) {
        if (error instanceof PeerAway) return error.retryAfterMs
        throw error
      }
    }
    return { clock, away, peer, ask, waitMs }
  }

  it('is asked once in each pause, which grow', async () => {
    const { clock, peer, waitMs } = house()
    expect([await waitMs(), await waitMs(), peer.asked]).to.deep.equal([1_000, 1_000, 1])
    clock.at += 400
    expect([await waitMs(), peer.asked]).to.deep.equal([600, 1])
    clock.at += 600
    expect([await waitMs(), peer.asked]).to.deep.equal([2_000, 2])
    for (let n = 0; n < 10; n++) clock.at += Number(await waitMs())
    expect(await waitMs()).to.equal(30_000)
  })

  it('keeps nobody waiting while one finds out whether it is back', async () => {
    const { clock, peer, ask, waitMs } = house()
    await waitMs()
    clock.at += 1_000
    const answers: ((word: string) => void)[] = []
    peer.answer = () => new Promise((resolve) => answers.push(resolve))
    const first = ask()
    expect([await waitMs(), peer.asked]).to.deep.equal([1_000, 2])
    answers.forEach((answer) => {
      answer('back')
    })
    expect(await first).to.equal('back')
    peer.answer = () => Promise.resolve('still')
    expect([await waitMs(), await waitMs()]).to.deep.equal(['still', 'still'])
  })

  it('is asked at once when it shows itself, and may say when to come back', async () => {
    const { away, peer, waitMs } = house()
    peer.answer = () => Promise.reject(new PeerUnreachable(b, 'busy', 20))
    expect(await waitMs()).to.equal(20_000)
    away.showed(b)
    peer.answer = () => Promise.reject(new PeerUnreachable(b, 'busy', 1e6))
    expect(await waitMs()).to.equal(60_000)
  })

  it('is another matter than one that is there and does not do this now, which is asked for all else', async () => {
    const { peer, waitMs } = house()
    peer.answer = () => Promise.reject(new PeerUnreachable(b, 'rate-limited', 20, true))
    expect(await waitMs()).to.equal(20_000)
    peer.answer = () => Promise.resolve('something else')
    expect([await waitMs(), peer.asked]).to.deep.equal(['something else', 2])
  })

  it('is another matter than one that is none to be asked', async () => {
    const { peer, ask } = house()
    peer.answer = () => Promise.reject(new PeerNotFederating(b, 'no directory'))
    for (let n = 0; n < 2; n++) expect(await ask().catch((error: unknown) => error)).to.be.instanceOf(PeerNotAsked)
    expect(peer.asked).to.equal(2)
  })
})
