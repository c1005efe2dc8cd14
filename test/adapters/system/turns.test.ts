/** Who does long work has others take their turns, however many such works there are. */
import { expect } from 'chai'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { givingTurns } from '#src/adapters/system/turns.js'

describe('long work beside others', () => {
  /** Whether a turn of the event loop went by meanwhile. */
  const gaveWay = async (work: () => Promise<void>): Promise<boolean> => {
    let turned = false
    setImmediate(() => (turned = true))
    await work()
    return turned
  }

  it('goes on in the same turn while it is short', async () => {
    const pause = givingTurns(Infinity)
    const several = async (): Promise<void> => {
      await pause()
      await pause()
      await pause()
    }
    expect(await gaveWay(several)).to.equal(false)
  })

  it('goes on in another once all of it together had its time', async () => {
    const pause = givingTurns(0)
    await pause()
    expect(await gaveWay(pause)).to.equal(true)
  })

  it('has its time anew in every turn, whoever gave that', async () => {
    const pause = givingTurns(0)
    await pause()
    await nextTurn()
    expect(await gaveWay(pause)).to.equal(false)
  })
})
