/** Acknowledgements: at once in the process, gathered for the log, never lost to a store that is away for a moment. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { gatherAcknowledgements } from '#src/delivery/acknowledgements.js'
import type { Acknowledgements } from '#src/delivery/acknowledgements.js'
import { makeStreams } from '#src/streams/streams.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { queueNumber } from '../projections/queues/world.js'

const [ana, ben] = [queueNumber(1), queueNumber(2)]
const day = 24 * 60 * 60 * 1_000

describe('acknowledgements', () => {
  let events: EventStore
  let acknowledgements: Acknowledgements
  let now: number
  let away: boolean
  let lost: ReadonlySet<QueueId>
  let failures: number
  beforeEach(() => {
    events = openMemoryEventStore()
    now = 1_000
    away = false
    lost = new Set()
    failures = 0
    const append: EventStore['append'] = async (...asked) => {
      if (away) throw new StoreUnavailable('away')
      return await events.append(...asked)
    }
    const snapshots = { latest: () => Promise.resolve(undefined), save: async () => {}, remove: async () => {} }
    acknowledgements = gatherAcknowledgements({
      streams: makeStreams({
        events: { ...events, append },
        snapshots: { ...snapshots, close: async () => {} },
        cacheBytesMax: 1,
        pause: async () => {},
      }),
      clock: { now: () => now, sleep: () => Promise.resolve() },
      process: 'p',
      overtaken: () => Promise.resolve(lost),
      failed: () => failures++,
    })
  })
  const written = async (): Promise<readonly unknown[]> =>
    (await events.readStream('acknowledgements-p')).map(({ data }) => (data as { queues: unknown }).queues)

  it('are in force at once and only grow', () => {
    acknowledgements.acknowledge(ana, 5)
    acknowledgements.acknowledge(ana, 3)
    expect(acknowledgements.acknowledged(ana)).to.equal(5)
    expect(acknowledgements.acknowledged(ben)).to.equal(0)
  })

  it('do not tell in which order they came', async () => {
    acknowledgements.acknowledge(ben, 5)
    acknowledgements.acknowledge(ana, 4)
    await acknowledgements.flush()
    expect(JSON.stringify(await written())).to.equal(JSON.stringify([{ [ana]: 4, [ben]: 5 }]))
  })

  it('become one event for all queues, and none when there is nothing new', async () => {
    acknowledgements.acknowledge(ana, 4)
    acknowledgements.acknowledge(ben, 5)
    acknowledgements.acknowledge(ana, 6)
    await acknowledgements.flush()
    await acknowledgements.flush()
    expect(await written()).to.deep.equal([{ [ana]: 6, [ben]: 5 }])
  })

  it('are written once, however many flushes are asked for at a time', async () => {
    acknowledgements.acknowledge(ana, 4)
    const flushes = [acknowledgements.flush()]
    acknowledgements.acknowledge(ana, 6)
    flushes.push(acknowledgements.flush(), acknowledgements.flush())
    await Promise.all(flushes)
    expect(await written()).to.deep.equal([{ [ana]: 6 }])
    acknowledgements.acknowledge(ana, 7)
    await acknowledgements.flush()
    expect(await written()).to.deep.equal([{ [ana]: 6 }, { [ana]: 7 }])
  })

  it('wait for a store that is away', async () => {
    acknowledgements.acknowledge(ana, 4)
    away = true
    const failed = await acknowledgements.flush().then(
      () => false,
      () => true,
    )
    expect(failed).to.equal(true)
    away = false
    await acknowledgements.flush()
    expect(await written()).to.deep.equal([{ [ana]: 4 }])
  })

  it('are written once more when the process stops', async () => {
    const stop = new AbortController()
    const running = acknowledgements.run(stop.signal)
    acknowledgements.acknowledge(ana, 4)
    stop.abort()
    await running
    expect(await written()).to.deep.equal([{ [ana]: 4 }])
  })

  it('of a consumer that another process displaced are forgotten', async () => {
    acknowledgements.acknowledge(ana, 4, 1)
    acknowledgements.acknowledge(ben, 4)
    lost = new Set([ana, ben])
    await acknowledgements.flush()
    expect(await written()).to.deep.equal([{ [ben]: 4 }])
    expect(acknowledgements.acknowledged(ana)).to.equal(0)
  })

  it('are repeated for a queue that is fetched but not acknowledged, once a day', async () => {
    now = 10 * day
    acknowledgements.fetched(ana, { acknowledged: 7, touchedAt: now - day + 1 })
    acknowledgements.fetched(ben, { acknowledged: 8, touchedAt: now - day })
    await acknowledgements.flush()
    expect(await written()).to.deep.equal([{ [ben]: 8 }])
    expect(failures).to.equal(0)
  })
})
