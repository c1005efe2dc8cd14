/** Long streams are folded before anybody asks: by one process, on the way with snapshots, whatever one of them holds. */
import { expect } from 'chai'
import { openMemoryCheckpoints } from '#src/adapters/memory/checkpoints.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { kindOf, snapshotKeeper } from '#src/reactions/keepSnapshots.js'
import type { SnapshotKeeper } from '#src/reactions/keepSnapshots.js'
import { makeStreams } from '#src/streams/streams.js'
import { newEvent } from '../ports/eventStore.contract.js'
import { counter } from '../streams/counter.js'
import { silentLogger } from '../support/silentLogger.js'

describe('the keeper of snapshots', () => {
  const world = () => {
    const events = openMemoryEventStore()
    const snapshots = openMemorySnapshots()
    const checkpoints = openMemoryCheckpoints()
    const leases = openMemoryLeases({ now: Date.now })
    const write = async (stream: string, count: number, data: object = { by: 1 }): Promise<void> => {
      for (let n = 0; n < count; n += 100) {
        const some = Array.from({ length: Math.min(100, count - n) }, () => ({
          ...newEvent(data as never),
          type: 'Counted',
        }))
        await events.append(stream, some, 'any')
      }
    }
    const keeper = (version = 1, store: EventStore = events): Promise<SnapshotKeeper> => {
      const streams = makeStreams({ events: store, snapshots, cacheBytesMax: 1e6, pause: () => Promise.resolve() })
      const kind = kindOf(streams, { ...counter, snapshot: { ...counter.snapshot, version } })
      const world = { leases, clock: systemClock, logger: silentLogger, holder: `one of ${version}` }
      return snapshotKeeper({ ...world, kinds: [kind], events: store, checkpoints, logId: 'log' })
    }
    const atWork = async (one: SnapshotKeeper): Promise<() => Promise<void>> => {
      const stop = new AbortController()
      const running = one.run(stop.signal)
      while (await one.behind()) await new Promise((resolve) => setImmediate(resolve))
      return async () => {
        stop.abort()
        await running
      }
    }
    return { events, snapshots, write, keeper, atWork }
  }

  it('folds what is long, with snapshots on the way, and leaves what is short', async () => {
    const { snapshots, write, keeper, atWork } = world()
    await write('counter-long', 5_000)
    await write('counter-short', 900)
    await write('other-long', 2_000)
    const one = await keeper()
    expect(await one.behind()).to.equal(true)
    const end = await atWork(one)
    expect(await snapshots.latest('counter-long', 1)).to.include({ revision: 4_999 })
    expect((await snapshots.latest('counter-long', 1, 4_000))?.revision).to.be.within(1_000, 4_000)
    expect(await snapshots.latest('counter-short', 1)).to.equal(undefined)
    await end()
    expect(await (await keeper()).behind(), 'after a start').to.equal(false)
  })

  it('begins anew where snapshots are read otherwise', async () => {
    const { snapshots, write, keeper, atWork } = world()
    await write('counter-long', 1_100)
    await (
      await atWork(await keeper())
    )()
    const newer = await keeper(2)
    expect(await newer.behind()).to.equal(true)
    await (
      await atWork(newer)
    )()
    expect(await snapshots.latest('counter-long', 2)).to.include({ revision: 1_099 })
  })

  it('lets another process that starts know what this one has looked through, also when nothing follows', async () => {
    const { write, keeper, atWork } = world()
    const end = await atWork(await keeper())
    await write('counter-long', 1_100)
    const other = await keeper()
    while (await other.behind()) await new Promise((resolve) => setTimeout(resolve, 10))
    await end()
  })

  it('passes over a stream that cannot be read', async () => {
    const { snapshots, write, keeper, atWork } = world()
    await write('counter-bad', 1_100, { by: 'nothing' })
    await write('counter-good', 1_100)
    const end = await atWork(await keeper())
    expect(await snapshots.latest('counter-good', 1)).to.include({ revision: 1_099 })
    await end()
  })

  it('loses only what came last when a fold is interrupted', async () => {
    const { events, snapshots, write } = world()
    await write('counter-long', 5_000)
    const failing: EventStore = {
      ...events,
      readStream: (stream, options) =>
        (options?.from ?? 0) > 4_000 ? Promise.reject(new Error('ended')) : events.readStream(stream, options),
    }
    const streams = makeStreams({ events: failing, snapshots, cacheBytesMax: 1e6, pause: () => Promise.resolve() })
    expect(await streams.read(counter, 'counter-long').catch(String)).to.match(/ended/)
    expect((await snapshots.latest('counter-long', 1))?.revision).to.be.at.least(2_000)
  })
})
