/** How many pushes are under way: so many at once, those that are slow beside them, and all are waited for at the end. */
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { openSlots } from '#src/push/slots.js'
import { handClock } from '../adapters/eventStoreDB/handClock.js'

/** Two at once, four with those that have been slow for a second. */
const world = () => {
  const clock = handClock(0)
  const slots = openSlots({ quickMax: 2, allMax: 4, slowAfterMs: 1_000 }, clock)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const stopping = new AbortController()
  const begin = (name: string): Promise<boolean> =>
    slots.begin(() => {
      begun.push(name)
      return new Promise((resolve) => ends.set(name, resolve))
    }, stopping.signal)
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.()
    await setImmediate()
  }
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await setImmediate()
  }
  return {
    slots,
    begun,
    begin,
    end,
    pass,
    stop: () => {
      stopping.abort()
    },
  }
}

describe('the slots of pushes', () => {
  it('hold so many at once: the next one begins when one ends', async () => {
    const { begun, begin, end } = world()
    await begin('a')
    await begin('b')
    const third = begin('c')
    await setImmediate()
    expect(begun).to.deep.equal(['a', 'b'])
    await end('a')
    expect(await third).to.equal(true)
    expect(begun).to.deep.equal(['a', 'b', 'c'])
  })

  it('go on beside one that is slow', async () => {
    const { begun, begin, pass } = world()
    await begin('a')
    await begin('b')
    const third = begin('c')
    await pass(999)
    expect(begun).to.deep.equal(['a', 'b'])
    await pass(1)
    expect(await third).to.equal(true)
    expect(begun).to.deep.equal(['a', 'b', 'c'])
  })

  it('get no place from a slow one that ends: it had given its own', async () => {
    const { begun, begin, end, pass } = world()
    await begin('slow')
    await pass(1_000)
    await begin('b')
    await begin('c')
    void begin('d')
    await end('slow')
    expect(begun).to.deep.equal(['slow', 'b', 'c'])
    await end('b')
    expect(begun).to.deep.equal(['slow', 'b', 'c', 'd'])
  })

  it('hold no more than so many, however slow', async () => {
    const { begun, begin, end, pass } = world()
    for (const name of ['a', 'b']) await begin(name)
    await pass(1_000)
    for (const name of ['c', 'd']) await begin(name)
    await pass(1_000)
    const fifth = begin('e')
    await setImmediate()
    expect(begun).to.deep.equal(['a', 'b', 'c', 'd'])
    await end('c')
    expect(await fifth).to.equal(true)
  })

  it('begin nothing any more once they are to stop, not even what waited', async () => {
    const { begun, begin, stop, end } = world()
    for (const name of ['a', 'b']) await begin(name)
    const third = begin('c')
    await setImmediate()
    stop()
    expect(await third).to.equal(false)
    await end('a')
    expect(await begin('d')).to.equal(false)
    expect(begun).to.deep.equal(['a', 'b'])
  })

  it('say how many are under way, slow ones among them, and when none is', async () => {
    const { slots, begin, end, pass } = world()
    await slots.idle()
    for (const name of ['a', 'b']) await begin(name)
    await pass(1_000)
    let isIdle = false
    const idle = slots.idle().then(() => (isIdle = true))
    await end('a')
    expect({ underWay: slots.underWay(), isIdle }).to.deep.equal({ underWay: 1, isIdle: false })
    await begin('c')
    await end('b')
    expect({ underWay: slots.underWay(), isIdle }).to.deep.equal({ underWay: 1, isIdle: false })
    await end('c')
    await idle
    expect(slots.underWay()).to.equal(0)
  })
})
