/** What every store of leases must do. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import type { Leases } from '#src/ports/leases.js'

export type OpenedLeases = {
  readonly leases: Leases
  /** Lets so much time pass on the clock of the store. */
  readonly pass: (ms: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Long for a test that waits for real, short for a lease. */
const shortMs = 200
const longMs = 60_000

export const leasesContract = (name: string, open: () => Promise<OpenedLeases>): void => {
  describe(`leases, kept by ${name}`, () => {
    let opened: OpenedLeases
    let leases: Leases
    let work: string
    beforeEach(async () => {
      opened = await open()
      leases = opened.leases
      work = `projection ${randomUUID()}`
    })
    afterEach(async () => {
      await opened.close()
    })

    it('are held by one at a time', async () => {
      expect(await leases.take(work, 'ana', longMs)).to.equal(true)
      expect(await leases.take(work, 'ben', longMs)).to.equal(false)
      expect(await leases.take(`${work} 2`, 'ben', longMs)).to.equal(true)
    })

    it('are renewed by their holder, also after they have run out', async () => {
      expect(await leases.take(work, 'ana', longMs)).to.equal(true)
      expect(await leases.take(work, 'ana', shortMs)).to.equal(true)
      await opened.pass(2 * shortMs)
      expect(await leases.take(work, 'ana', longMs)).to.equal(true)
      expect(await leases.take(work, 'ben', longMs)).to.equal(false)
    })

    it('go to another once they have run out', async () => {
      await leases.take(work, 'ana', shortMs)
      await opened.pass(2 * shortMs)
      expect(await leases.take(work, 'ben', longMs)).to.equal(true)
      expect(await leases.take(work, 'ana', longMs)).to.equal(false)
    })

    it('go to another at once when given up, but only by their holder', async () => {
      await leases.release(work, 'nobody')
      await leases.take(work, 'ana', longMs)
      await leases.release(work, 'ben')
      expect(await leases.take(work, 'ben', longMs)).to.equal(false)
      await leases.release(work, 'ana')
      await leases.release(work, 'ana')
      expect(await leases.take(work, 'ben', longMs)).to.equal(true)
    })

    it('have one winner among many who ask at once', async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, (_, n) => leases.take(work, `holder ${n}`, longMs)))
      expect(asked.filter((won) => won)).to.have.length(1)
    })
  })
}
