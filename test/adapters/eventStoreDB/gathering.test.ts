/** Live events go on in batches, and none waits for long. */
import { expect } from 'chai'
import { createGathering } from '#src/adapters/eventStoreDB/reading/gathering.js'
import type { Offered } from '#src/adapters/eventStoreDB/reading/seat.js'
import { origin } from '#src/ports/position.js'
import { given, newEvent } from './given.js'
import { handClock } from './handClock.js'

describe('gathered live events', () => {
  const runs: number[] = []
  const clock = handClock()
  const gathering = createGathering(clock, new AbortController().signal, (run) => {
    runs.push(run.length)
  })
  const add = (count: number): void => {
    for (let n = 0; n < count; n++) gathering.add({ bytes: 1 } as Offered)
  }
  const pass = async (): Promise<void> => {
    clock.advance(3)
    await new Promise((resolve) => setImmediate(resolve))
  }
  beforeEach(async () => {
    while (runs.length > 0) {
      runs.length = 0
      await pass()
    }
    await pass()
  })

  it('begin with one that goes on at once', () => {
    add(1)
    expect(runs).to.deep.equal([1])
  })

  it('then come together after some ms, for as long as more come', async () => {
    add(4)
    expect(runs).to.deep.equal([1])
    await pass()
    expect(runs).to.deep.equal([1, 3])
    add(2)
    await pass()
    expect(runs).to.deep.equal([1, 3, 2])
  })

  it('come at once again after a quiet moment', async () => {
    add(1)
    await pass()
    add(1)
    expect(runs).to.deep.equal([1, 1])
  })

  it('are handed on as soon as they make a batch', () => {
    add(1 + 64 + 10)
    expect(runs).to.deep.equal([1, 64])
  })

  it('reach every follower of the log so', async () => {
    const here = await given()
    const store = here.open()
    const followers = [here.follow(store, origin), here.follow(store, origin)]
    await Promise.all(followers.map((follower) => follower.until(0)))
    for (let n = 0; n < 20; n++)
      await Promise.all(Array.from({ length: 20 }, () => store.append('s', [newEvent(n)], 'any')))
    for (const follower of followers) {
      await follower.until(400)
      expect(follower.batches.length).to.be.lessThan(200)
    }
    await here.close()
  })
})
