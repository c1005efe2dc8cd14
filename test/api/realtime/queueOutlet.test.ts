/** A queue's items on the wire: the item's own bytes within a frame that names the queue. */
import { expect } from 'chai'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { queueOutlet } from '#src/api/realtime/queueOutlet.js'
import { serverFrame } from '#src/api/realtime/websocketFrames.js'
import { toPosition } from '#src/ports/position.js'
import { groupNumber, queueNumber } from '../../projections/queues/world.js'
import { makeWire } from './wire.js'

const queue = queueNumber(1)

describe('the outlet of a queue', () => {
  it('writes items and the end of the queue as documented, with the flush', () => {
    const wire = makeWire()
    const options = { logId: 'log1', unsentBytesMax: 100, ended: () => undefined }
    const outlet = queueOutlet(queue, frameWriter(wire.connection), options)
    const item = { type: 'notice', kind: 'groupDeleted', group: groupNumber(1), at: 1, position: 'log1.2' }
    outlet.item({ position: toPosition(2), bytes: Buffer.from(JSON.stringify(item)) })
    outlet.queueEmpty(toPosition(3))
    expect(wire.writes).to.have.length(0)
    expect(outlet.unsentBytes()).to.be.above(0)
    outlet.flush()
    expect(wire.frames()).to.deep.equal([
      { type: 'item', queue, item },
      { type: 'queueEmpty', queue, position: 'log1.3' },
    ])
    for (const frame of wire.frames()) serverFrame.parse(frame)
  })

  it('is ready once no more is unsent than may be', async () => {
    const wire = makeWire({ held: true })
    const options = { logId: 'log1', unsentBytesMax: 50, ended: () => undefined }
    const outlet = queueOutlet(queue, frameWriter(wire.connection), options)
    await outlet.ready()
    outlet.queueEmpty(toPosition(3))
    let ready = false
    const waiting = outlet.ready().then(() => (ready = true))
    await Promise.resolve()
    expect(ready).to.equal(false)
    wire.letGo()
    await waiting
  })
})
