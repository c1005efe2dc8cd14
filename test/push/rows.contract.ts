/** What the rows of pushes must be good for, whatever store keeps them. */
import { expect } from 'chai'
import { queueStream } from '#src/events/queue.js'
import type { ReadModels } from '#src/ports/readModels.js'
import { pushSchema } from '#src/push/schema.js'
import { groupNumber, logId, queueNumber } from '../projections/queues/world.js'
import { pushWorld } from './world.js'

const [alice, bob, carol] = [queueNumber(1), queueNumber(2), queueNumber(3)]
const garden = groupNumber(1)

export type OpenedRows = { readonly readModels: ReadModels; readonly close: () => Promise<void> }

/** `open`: a store that holds nothing of pushes. */
export const pushRowsContract = (name: string, open: () => Promise<OpenedRows>): void => {
  describe(`rows of pushes, kept by ${name}`, () => {
    let opened: OpenedRows
    let house: Awaited<ReturnType<typeof pushWorld>>
    beforeEach(async () => {
      opened = await open()
      house = await pushWorld(opened.readModels)
      await house.groupOf(garden, [alice, bob, carol])
    })
    afterEach(() => opened.close())

    it('tell who was told, and who is still to be, to the worker that comes next', async () => {
      const [phone, desk] = [await house.subscribe(bob), await house.subscribe(carol)]
      desk.answers(500)
      const first = await house.start()
      await house.say(garden)
      await Promise.all([phone.asked(1), desk.asked(1)])
      await house.decided()
      await first.stop()
      desk.answers(201)
      const second = await house.start({}, 'two')
      await house.pass(5_000)
      await desk.asked(2)
      await house.say(garden)
      await house.decided()
      await second.stop()
      expect([phone.pushes.length, desk.pushes.length]).to.deep.equal([1, 2])
      const model = await opened.readModels.open(pushSchema, logId)
      const due = { table: 'wakes', index: 'byDue', prefix: [], limit: 10 }
      expect(await model.range(due)).to.deep.equal([])
      expect(await model.range({ ...due, index: 'byWaiting' })).to.deep.equal([])
      expect(await model.get('wakes', [bob])).to.have.property('toldAt')
    })

    it('are made for no queue that was deleted, although its group goes on talking', async () => {
      const phone = await house.subscribe(bob)
      const worker = await house.start()
      await house.say(garden)
      await phone.asked(1)
      await house.append(queueStream(bob), {
        type: 'QueueDeleted',
        data: { queue: bob, reason: 'requested' },
      })
      await house.say(garden)
      await house.decided()
      await worker.stop()
      const model = await opened.readModels.open(pushSchema, logId)
      expect(await model.get('wakes', [bob])).to.equal(undefined)
    })

    it('go with what is acknowledged, with receivers, and with queues', async () => {
      const [phone, desk] = [await house.subscribe(bob), await house.subscribe(carol)]
      const worker = await house.start()
      await house.say(garden)
      await Promise.all([phone.asked(1), desk.asked(1)])
      await house.decided()
      await house.acknowledge(bob, await house.world.events.head())
      await house.unsubscribe(carol, desk.subscription)
      await house.append(queueStream(bob), {
        type: 'QueueDeleted',
        data: { queue: bob, reason: 'requested' },
      })
      await house.decided()
      await worker.stop()
      const model = await opened.readModels.open(pushSchema, logId)
      const rows = await Promise.all([
        model.get('wakes', [bob]),
        model.get('wakes', [carol]),
        model.get('queues', [bob]),
      ])
      expect(rows).to.deep.equal([undefined, undefined, undefined])
      const found = await model.range({ table: 'queues', index: 'bySubscribed', prefix: [], limit: 10 })
      expect(found.map((row) => row['queue'])).not.to.include(carol)
    })
  })
}
