/** What every store of the reactions' checkpoints must do. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import type { Checkpoints } from '#src/ports/checkpoints.js'
import { origin, toPosition } from '#src/ports/position.js'

export type OpenedCheckpoints = {
  readonly checkpoints: Checkpoints
  /** Closes them and opens them again; left out where they do not outlive their store. */
  readonly reopen?: () => Promise<Checkpoints>
  readonly close: () => Promise<void>
}

export const checkpointsContract = (name: string, open: () => Promise<OpenedCheckpoints>): void => {
  describe(`the checkpoints of reactions, kept by ${name}`, () => {
    let opened: OpenedCheckpoints
    let checkpoints: Checkpoints
    let reaction: string
    beforeEach(async () => {
      opened = await open()
      checkpoints = opened.checkpoints
      reaction = `reaction ${randomUUID()}`
    })
    afterEach(async () => {
      await opened.close()
    })

    it('start at the origin', async () => {
      expect(await checkpoints.load(reaction, 'log-1')).to.equal(origin)
    })

    it('move forward, each for itself, and never back', async () => {
      await checkpoints.save(reaction, 'log-1', toPosition(7))
      await checkpoints.save(`${reaction}, another`, 'log-1', toPosition(3))
      await checkpoints.save(reaction, 'log-1', toPosition(5))
      expect(await checkpoints.load(reaction, 'log-1')).to.equal(7)
      expect(await checkpoints.load(`${reaction}, another`, 'log-1')).to.equal(3)
      await checkpoints.save(reaction, 'log-1', toPosition(Number.MAX_SAFE_INTEGER))
      expect(await checkpoints.load(reaction, 'log-1')).to.equal(Number.MAX_SAFE_INTEGER)
    })

    it('end at the furthest of many saved at once', async () => {
      const positions = [5, 19, 2, 11, 19, 7, 1, 18].map((position) => toPosition(position))
      await Promise.all(positions.map((position) => checkpoints.save(reaction, 'log-1', position)))
      expect(await checkpoints.load(reaction, 'log-1')).to.equal(19)
    })

    it('begin again for another log', async () => {
      await checkpoints.save(reaction, 'log-1', toPosition(70))
      expect(await checkpoints.load(reaction, 'log-2')).to.equal(origin)
      await checkpoints.save(reaction, 'log-2', toPosition(5))
      expect(await checkpoints.load(reaction, 'log-2')).to.equal(5)
    })

    it('tell where they stand', async () => {
      await checkpoints.save(reaction, 'log-1', toPosition(7))
      const standings = (await checkpoints.standings()).filter(({ name }) => name === reaction)
      expect(standings).to.deep.equal([{ name: reaction, logId: 'log-1', position: 7 }])
    })

    it('outlive the process', async function () {
      if (opened.reopen === undefined) return this.skip()
      await checkpoints.save(reaction, 'log-1', toPosition(7))
      checkpoints = await opened.reopen()
      expect(await checkpoints.load(reaction, 'log-1')).to.equal(7)
    })
  })
}
