/** What it takes to say whether a process on EventStoreDB is ready: a few reads, whatever else stands in the store. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { readinessOf, type ReadinessRooms } from '#src/compose/readiness.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { origin, type Position } from '#src/ports/position.js'
import { given, newEvents, type Given } from '../adapters/eventStoreDB/given.js'

describe('the readiness of a process on EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  const putStrangers = (count: number): void => {
    const one = () => ({
      id: randomUUID(),
      type: '$metadata',
      contentType: 'application/json',
      data: Buffer.from('{}'),
      meta: Buffer.alloc(0),
    })
    for (let n = 0; n < count; n++) here.server.storage.append('$$other', [one()], 'any')
  }
  const rooms = (events: EventStore, stands: Position): ReadinessRooms => {
    const runner = { stands: () => Promise.resolve(stands), status: () => ({ applied: 0, parked: [] }) }
    const runners = ['directory', 'groups', 'queues'].map((name) => ({ name, runner }))
    const rest = {
      readModels: { runners },
      delivery: { follows: () => true },
      pushes: { stands: () => Promise.resolve(stands), parked: () => [] },
      foldsLongStreams: () => Promise.resolve(false),
      peerNotes: () => Promise.resolve([]),
    }
    return {
      events,
      clock: systemClock,
      clockHeld: () => undefined,
      maintenance: () => false,
      missingKeys: () => [],
      ...rest,
    } as unknown as ReadinessRooms
  }

  it('is known after two reads behind ten thousand of the store’s own events, and after one the next time', async () => {
    const store = here.open()
    await store.append('messages-1', newEvents(1), 'none')
    const asked = rooms(store, await store.head())
    const reads = async (): Promise<number> => {
      const before = here.server.readCount()
      expect(await readinessOf(asked)).to.deep.equal({ ready: true, reasons: [], notes: [] })
      return here.server.readCount() - before
    }
    expect(await reads()).to.equal(1)
    putStrangers(10_000)
    expect(await reads()).to.equal(2)
    putStrangers(1)
    expect(await reads()).to.be.lessThan(3)
  })

  it('says that a projection is behind, whatever came after', async () => {
    const store = here.open()
    await store.append('messages-1', newEvents(2), 'none')
    putStrangers(1_000)
    const { ready, reasons } = await readinessOf(rooms(store, origin))
    expect(ready).to.equal(false)
    expect(reasons.join()).to.match(/projection queues is \d+ s behind/)
  })
})
