/** Frames in turn: the next waits for the one before, others have their turn, and too many waiting stop the reading. */
import { expect } from 'chai'
import {
  bytesInOneTurn,
  bytesWaitingMax,
  framesInOneTurn,
  framesInTurn,
  framesWaitingMax,
} from '#src/api/realtime/framesInTurn.js'
import { turn } from './wire.js'

describe('frames in turn', () => {
  const line = (bytes = 1) => {
    const begun: number[] = []
    const pauses: boolean[] = []
    const ends: (() => void)[] = []
    const { add, clear } = framesInTurn<number>({
      take: (frame) => {
        begun.push(frame)
        return new Promise((resolve) => ends.push(resolve))
      },
      bytesOf: () => bytes,
      pause: (paused) => void pauses.push(paused),
    })
    return { add, clear, begun, pauses, endOne: () => ends.shift()?.() }
  }

  it('are begun once what came before is done, in the order they came', async () => {
    const { add, begun, endOne } = line()
    for (const frame of [1, 2, 3]) add(frame)
    await turn()
    expect(begun).to.deep.equal([1])
    endOne()
    await turn()
    expect(begun).to.deep.equal([1, 2])
    endOne()
    await turn()
    endOne()
    await turn()
    add(4)
    expect(begun).to.deep.equal([1, 2, 3, 4])
  })

  it('pause the reading when as many wait as may, and go on once one is done', async () => {
    const { add, pauses, endOne } = line()
    add(0)
    for (let frame = 1; frame < framesWaitingMax; frame++) add(frame)
    expect(pauses).to.deep.equal([])
    add(framesWaitingMax)
    expect(pauses).to.deep.equal([true])
    // What was read already may come nevertheless.
    add(framesWaitingMax + 1)
    endOne()
    await turn()
    expect(pauses).to.deep.equal([true])
    endOne()
    await turn()
    endOne()
    await turn()
    expect(pauses).to.deep.equal([true, false])
  })

  it('pause the reading when as many bytes wait as may', async () => {
    const { add, pauses, endOne } = line(bytesWaitingMax / 2)
    for (const frame of [0, 1]) add(frame)
    expect(pauses).to.deep.equal([])
    add(2)
    expect(pauses).to.deep.equal([true])
    endOne()
    await turn()
    endOne()
    await turn()
    expect(pauses).to.deep.equal([true, false])
  })

  for (const [bytes, atOnce] of [
    [1, framesInOneTurn],
    [bytesInOneTurn / 4, 4],
    [bytesInOneTurn + 1, 1],
  ] as const) {
    it(`of ${bytes} bytes leave others their turn after ${atOnce}`, async () => {
      const taken: number[] = []
      const { add } = framesInTurn<number>({
        take: (frame) => Promise.resolve(void taken.push(frame)),
        bytesOf: () => bytes,
        pause: () => undefined,
      })
      const atTurns: number[] = []
      for (let frame = 0; frame < 3 * atOnce; frame++) add(frame)
      while (taken.length < 3 * atOnce) {
        await new Promise((resolve) => setImmediate(resolve))
        atTurns.push(taken.length)
      }
      expect(atTurns).to.deep.equal([atOnce, 2 * atOnce, 3 * atOnce])
    })
  }

  it('that wait are let go of', async () => {
    const { add, clear, begun, endOne } = line()
    for (const frame of [1, 2, 3]) add(frame)
    clear()
    endOne()
    await turn()
    add(4)
    expect(begun).to.deep.equal([1, 4])
  })
})
