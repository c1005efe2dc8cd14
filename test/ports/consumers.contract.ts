/** What every store of the consumers must do. */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import type { QueueId } from '#src/mls/wire/ids.js'
import type { Consumers } from '#src/ports/consumers.js'
import { queueNumber } from '../projections/queues/world.js'

export type OpenedConsumers = { readonly consumers: Consumers; readonly close: () => Promise<void> }

export const consumersContract = (name: string, open: () => Promise<OpenedConsumers>): void => {
  describe(`consumers, kept by ${name}`, () => {
    let opened: OpenedConsumers
    let consumers: Consumers
    let queue: QueueId
    let other: QueueId
    beforeEach(async () => {
      opened = await open()
      consumers = opened.consumers
      queue = queueNumber(randomInt(2 ** 30))
      other = queueNumber(2 ** 30 + randomInt(2 ** 30))
    })
    afterEach(() => opened.close())

    it('take a queue over from each other, each in a higher generation', async () => {
      expect(await consumers.consumers([queue])).to.deep.equal(new Map())
      const first = await consumers.consume(queue, 'one')
      const second = await consumers.consume(queue, 'two')
      expect(second).to.be.greaterThan(first)
      const newest = { process: 'two', generation: second }
      expect(await consumers.consumers([queue, other])).to.deep.equal(new Map([[queue, newest]]))
    })

    it('leave as themselves only, and never come back in an old generation', async () => {
      const first = await consumers.consume(queue, 'one')
      const second = await consumers.consume(queue, 'two')
      await consumers.leave(queue, first)
      expect((await consumers.consumers([queue])).get(queue)?.process).to.equal('two')
      await consumers.leave(queue, second)
      expect(await consumers.consumers([queue])).to.deep.equal(new Map())
      expect(await consumers.consume(queue, 'one')).to.be.greaterThan(second)
    })

    it('that take a queue at once all get generations of their own, and the highest holds it', async () => {
      const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => consumers.consume(queue, `process ${n}`)))
      expect(new Set(taken).size).to.equal(20)
      const generation = Math.max(...taken)
      const process = `process ${taken.indexOf(generation)}`
      expect((await consumers.consumers([queue])).get(queue)).to.deep.equal({ process, generation })
    })
  })
}
