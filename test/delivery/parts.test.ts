/** The parts of delivery one by one: what is remembered, taken once, kept ready, consumed, and when it is flushed. */
import { expect } from 'chai'
import { openMemoryConsumers } from '#src/adapters/memory/consumers.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { keepOwnConsumers } from '#src/delivery/consumers.js'
import type { OwnConsumers } from '#src/delivery/consumers.js'
import type { Delivered } from '#src/delivery/delivered.js'
import { paced } from '#src/delivery/flushPace.js'
import { keepRecent } from '#src/delivery/recent.js'
import { notSeenBefore } from '#src/delivery/notSeenBefore.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import type { Consumers } from '#src/ports/consumers.js'
import { toPosition } from '#src/ports/position.js'
import type { Frame } from '#src/items/frame.js'
import { frameCache } from '#src/projections/queues/frameCache.js'
import type { FrameSource } from '#src/projections/queues/frameCache.js'
import { rememberReferences } from '#src/items/references.js'
import { queueNumber } from '../projections/queues/world.js'

const [ana, ben] = [queueNumber(1), queueNumber(2)]
const at = (position: number): Delivered => ({
  position: toPosition(position),
  items: [],
  seats: [],
  queuesGone: [],
  clientsGone: [],
  weight: 10,
})

describe('recent events', () => {
  it('are those above a position, as long as all of them are here', () => {
    const recent = keepRecent(toPosition(3), { events: 3, bytes: 1e6 })
    const above = (position: number) => recent.above(toPosition(position))?.map((one) => one.position)
    expect([above(2), above(3), above(9)]).to.deep.equal([undefined, [], []])
    for (const position of [5, 6, 8]) recent.push(at(position))
    expect([above(3), above(5), above(8)]).to.deep.equal([[5, 6, 8], [6, 8], []])
    recent.push(at(9))
    expect([above(4), above(5)]).to.deep.equal([undefined, [6, 8, 9]])
  })

  it('are bounded in bytes too', () => {
    const recent = keepRecent(toPosition(0), { events: 100, bytes: 25 })
    for (const position of [1, 2, 3]) recent.push(at(position))
    expect(recent.above(toPosition(0))).to.equal(undefined)
    expect(recent.above(toPosition(1))).to.have.length(2)
  })
})

describe('a message that a store holds twice', () => {
  const event = (stream: string, id: string): StoredEvent => ({ stream, id }) as StoredEvent
  it('is taken once in its stream, for as long as it is remembered', () => {
    const isNew = notSeenBefore(2)
    expect([isNew(event('messages-a', '1')), isNew(event('messages-a', '1'))]).to.deep.equal([true, false])
    expect(isNew(event('messages-b', '1'))).to.equal(true)
    expect([isNew(event('group-a', '1')), isNew(event('group-a', '1'))]).to.deep.equal([true, true])
    isNew(event('messages-a', '2'))
    expect(isNew(event('messages-a', '1'))).to.equal(true)
  })
})

describe('opened references', () => {
  it('are opened once each, those of others too, and the oldest are forgotten', () => {
    const asked: string[] = []
    const open = rememberReferences(({ reference }) => {
      asked.push(reference)
      return reference === 'ours' ? ana : undefined
    }, 2)
    const sealed = (reference: string) => ({ reference, signatureKey: 'k' })
    for (const reference of ['ours', 'other', 'ours', 'other']) {
      expect(open(sealed(reference))).to.equal(reference === 'ours' ? ana : undefined)
    }
    expect(asked).to.deep.equal(['ours', 'other'])
    open(sealed('third'))
    open(sealed('ours'))
    expect(asked).to.deep.equal(['ours', 'other', 'third', 'ours'])
  })
})

describe('ready frames', () => {
  const frame = (position: number): Frame => ({ position: toPosition(position), bytes: Buffer.alloc(100) })
  /** Even positions up to the newest. */
  const sourceOf = (name: string, newest: number, reads: string[]): FrameSource => ({
    name,
    read: (after, upTo, limit) => {
      reads.push(`${name} ${after}`)
      const all = Array.from({ length: newest / 2 }, (_, nth) => frame(2 * nth + 2))
      return Promise.resolve(all.filter(({ position }) => position > after && position <= upTo).slice(0, limit))
    },
  })
  const positions = (frames: readonly Frame[]) => frames.map(({ position }) => Number(position))
  const [zero, ten] = [toPosition(0), toPosition(10)]

  it('are read once for all who want them, wherever they begin', async () => {
    const reads: string[] = []
    const cache = frameCache(1e6)
    const source = sourceOf('a', 10, reads)
    const both = await Promise.all([cache.read(source, zero, ten, 3), cache.read(source, zero, ten, 3)])
    expect(both.map(positions)).to.deep.equal([
      [2, 4, 6],
      [2, 4, 6],
    ])
    expect(positions(await cache.read(source, toPosition(3), ten, 9))).to.deep.equal([4, 6, 8, 10])
    expect(positions(await cache.read(source, toPosition(1), ten, 9))).to.deep.equal([2, 4, 6, 8, 10])
    expect(reads).to.deep.equal(['a 0', 'a 6'])
  })

  it('are never shown past a reader’s checkpoint, though another has read on', async () => {
    const cache = frameCache(1e6)
    const source = sourceOf('a', 10, [])
    await cache.read(source, zero, ten, 9)
    expect(positions(await cache.read(source, zero, toPosition(5), 9))).to.deep.equal([2, 4])
  })

  it('are forgotten, least recently used first, when they take too many bytes', async () => {
    const reads: string[] = []
    const cache = frameCache(2_000)
    await cache.read(sourceOf('a', 10, reads), zero, ten, 9)
    await cache.read(sourceOf('b', 10, reads), zero, ten, 9)
    expect(cache.bytes()).to.be.at.most(2_000)
    await cache.read(sourceOf('b', 10, reads), zero, ten, 9)
    await cache.read(sourceOf('a', 10, reads), zero, ten, 9)
    expect(reads).to.deep.equal(['a 0', 'b 0', 'a 0'])
  })
})

describe('the consumers of queues', () => {
  let consumers: Consumers
  const consumersAt = (process: string): OwnConsumers =>
    keepOwnConsumers({
      consumers,
      process,
      clock: systemClock,
      logger: jsonLog(
        'silent',
        () => undefined,
        () => 0,
      ),
    })
  beforeEach(() => {
    consumers = openMemoryConsumers()
  })

  it('are overtaken by a newer consumer of another process, not by one of the same', async () => {
    const [here, there] = [consumersAt('here'), consumersAt('there')]
    const first = await here.take(ana)
    const second = await here.take(ana)
    const other = await here.take(ben)
    const held = [
      { queue: ana, generation: first },
      { queue: ben, generation: other },
    ]
    expect(await here.overtaken(held)).to.deep.equal(new Set())
    await there.take(ana)
    expect(await here.overtaken([...held, { queue: ana, generation: second }])).to.deep.equal(new Set([ana]))
  })

  it('tell the holder, once', async () => {
    const waits: (() => void)[] = []
    const sleep = (_ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        waits.push(resolve)
        signal.addEventListener('abort', () => {
          resolve()
        })
      })
    const quiet = jsonLog(
      'silent',
      () => undefined,
      () => 0,
    )
    const here = keepOwnConsumers({ consumers, process: 'here', clock: { now: () => 0, sleep }, logger: quiet })
    const told: string[] = []
    const stop = new AbortController()
    const running = here.run((queue) => told.push(queue), stop.signal)
    await here.take(ana)
    await here.take(ben)
    await consumersAt('there').take(ana)
    for (let looks = 0; looks < 3; looks++) {
      waits.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    stop.abort()
    await running
    expect(told).to.deep.equal([ana])
  })
})

describe('the pace of flushing', () => {
  it('lets the first leave at once and gathers what follows', async () => {
    let [now, flushes] = [1_000, 0]
    const pace = paced(() => now)
    const flush = (): void => {
      flushes++
      now += 2
    }
    pace(flush)
    expect(flushes).to.equal(1)
    const gathered = new Promise<void>((resolve) => {
      for (let asked = 0; asked < 100; asked++) {
        pace(() => {
          flush()
          resolve()
        })
      }
    })
    expect(flushes).to.equal(1)
    await gathered
    expect(flushes).to.equal(2)
  })
})
