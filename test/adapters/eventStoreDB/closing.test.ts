/** Closing the adapter, whatever it is doing just then: it ends, and everybody who waited with it. */
import { expect } from 'chai'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { failure, given, newEvent, type Given } from './given.js'
import { handClock } from './handClock.js'

const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

describe('EventStoreDB, closed', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  for (const count of [0, 1, 2, 5, 10, 20, 50, 100, 200])
    it(`ends its followers just after they are live (${count} turns)`, async () => {
      const store = here.open()
      const follower = here.follow(store, origin)
      await follower.until(0)
      await turns(count)
      await store.close()
      await follower.ended
    })

  for (const count of [0, 1, 2, 5, 10, 20, 50, 100, 200])
    it(`ends them while the tail finds its place again (${count} turns)`, async () => {
      const store = here.open()
      const follower = here.follow(store, origin)
      await store.append('s', [newEvent()], 'none')
      await follower.until(1)
      here.server.drop('unavailable')
      await turns(count)
      await store.close()
      await follower.ended
    })

  it('waits only so long for a server that does not answer', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    const follower = here.follow(store, origin)
    await store.append('s', [newEvent()], 'none')
    await follower.until(1)
    here.server.stall()
    const appending = failure(store.append('s', [newEvent()], 'any'))
    const reading = failure(store.readStream('s'))
    const closing = store.close()
    await clock.sleeping(1_000)
    clock.advance(2_000)
    await closing
    expect(await appending).to.be.instanceOf(StoreUnavailable)
    expect(await reading).to.be.instanceOf(StoreUnavailable)
    await follower.ended
  })
})
