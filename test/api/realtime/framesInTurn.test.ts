/** Frames in turn: the next waits for the one before, and too many waiting stop the reading until some are done. */
import { expect } from 'chai'
import { framesInTurn, framesWaitingMax } from '#src/api/realtime/framesInTurn.js'
import { turn } from './wire.js'

describe('frames in turn', () => {
  const line = () => {
    const begun: number[] = []
    const pauses: boolean[] = []
    const ends: (() => void)[] = []
    const take = framesInTurn<number>({
      take: (frame) => {
        begun.push(frame)
        return new Promise((resolve) => ends.push(resolve))
      },
      pause: (paused) => void pauses.push(paused),
    })
    return { take, begun, pauses, endOne: () => ends.shift()?.() }
  }

  it('are begun once what came before is done, in the order they came', async () => {
    const { take, begun, endOne } = line()
    for (const frame of [1, 2, 3]) take(frame)
    await turn()
    expect(begun).to.deep.equal([1])
    endOne()
    await turn()
    expect(begun).to.deep.equal([1, 2])
    endOne()
    await turn()
    endOne()
    await turn()
    take(4)
    expect(begun).to.deep.equal([1, 2, 3, 4])
  })

  it('pause the reading when as many wait as may, and go on once one is done', async () => {
    const { take, pauses, endOne } = line()
    take(0)
    for (let frame = 1; frame < framesWaitingMax; frame++) take(frame)
    expect(pauses).to.deep.equal([])
    take(framesWaitingMax)
    expect(pauses).to.deep.equal([true])
    endOne()
    await turn()
    expect(pauses).to.deep.equal([true])
    endOne()
    await turn()
    expect(pauses).to.deep.equal([true, false])
  })
})
