/** Acknowledgements do not grow for ever: the last word about each queue is carried over, and the rest goes. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { gatherAcknowledgements } from '#src/delivery/acknowledgements.js'
import type { Acknowledgements } from '#src/delivery/acknowledgements.js'
import { makeStreams } from '#src/streams/streams.js'
import type { AcknowledgementsEvent } from '#src/events/acknowledgements.js'
import type { EventStore, StoredEvent } from '#src/ports/eventStore.js'
import { queueNumber } from '../projections/queues/world.js'

const stream = 'acknowledgements-all'
const dayMs = 24 * 60 * 60 * 1_000

describe('acknowledgements, for as long as they are written', () => {
  let events: EventStore
  let now: number
  /** Queues in all that was appended. */
  let written: number
  beforeEach(() => {
    const kept = openMemoryEventStore()
    const append: EventStore['append'] = (to, news, expected) => {
      for (const { data } of news) written += Object.keys((data as AcknowledgementsEvent['data']).queues).length
      return kept.append(to, news, expected)
    }
    events = { ...kept, append }
    now = 1_000
    written = 0
  })

  /** A process: every turn of its loop one acknowledgement of `next` is gathered, until there is none. */
  const run = async (start: string, next: () => readonly [number, number] | undefined): Promise<void> => {
    const stop = new AbortController()
    const snapshots = { latest: () => Promise.resolve(undefined), save: async () => {}, remove: async () => {} }
    const acknowledgements: Acknowledgements = gatherAcknowledgements({
      streams: makeStreams({
        events,
        snapshots: { ...snapshots, close: async () => {} },
        cacheBytesMax: 1,
        pause: async () => {},
      }),
      clock: {
        now: () => now,
        sleep: () => {
          const said = next()
          if (said === undefined) stop.abort()
          else acknowledgements.acknowledge(queueNumber(said[0]), said[1])
          return Promise.resolve()
        },
      },
      process: 'all',
      start,
      log: events,
      overtaken: () => Promise.resolve(new Set()),
      failed: (error) => {
        throw error
      },
    })
    await acknowledgements.run(stop.signal)
  }
  const standing = async (): Promise<readonly StoredEvent[]> => {
    const all: StoredEvent[] = []
    for (;;) {
      const page = await events.readStream(stream, { from: (all.at(-1)?.revision ?? -1) + 1 })
      if (page.length === 0) return all
      all.push(...page)
    }
  }
  /** What a rebuild learns: how far each queue is, and when it was heard of last. */
  const learned = async () => {
    const words = new Map<string, { readonly upTo: number; readonly at: number }>()
    for (const { data, meta } of await standing()) {
      const { queues, touchedAt = meta.at } = data as AcknowledgementsEvent['data']
      for (const [queue, upTo] of Object.entries(queues))
        words.set(queue, {
          upTo: Math.max(upTo, words.get(queue)?.upTo ?? 0),
          at: Math.max(touchedAt, words.get(queue)?.at ?? 0),
        })
    }
    return words
  }
  const counting = (count: number, of: (n: number) => readonly [number, number]) => {
    let n = 0
    return () => (n < count ? of(n++) : undefined)
  }

  it('keep the last word about every queue, and little else', async () => {
    await run(
      'one',
      counting(1_000, (n) => [n % 10, n + 1]),
    )
    expect((await standing()).length).to.be.lessThan(150)
    const words = await learned()
    for (let queue = 0; queue < 10; queue++) expect(words.get(queueNumber(queue))?.upTo).to.equal(991 + queue)
  })

  it('leave nothing behind when processes come and go, nor lose what another one says', async () => {
    for (let start = 0; start < 40; start++)
      await Promise.all(
        ['one', 'other'].map((name, at) =>
          run(
            `${name} ${start}`,
            counting(10, (n) => [at * 10 + n, start + 1]),
          ),
        ),
      )
    expect((await standing()).length).to.be.lessThan(150)
    const words = await learned()
    for (let queue = 0; queue < 20; queue++) expect(words.get(queueNumber(queue))?.upTo).to.equal(40)
  })

  it('keep a queue as old as it is: what is said again counts from the day when it was said first', async () => {
    await run(
      'early',
      counting(70, (n) => [n % 2, n + 1]),
    )
    now += 50 * dayMs
    await run(
      'late',
      counting(300, (n) => [5 + (n % 2), n + 1]),
    )
    const words = await learned()
    expect(words.get(queueNumber(0))?.at).to.equal(1_000)
    expect(words.get(queueNumber(5))?.at).to.equal(now)
    expect((await standing()).length).to.be.lessThan(150)
  })

  it('carry no more often than pays: many queues are not written anew all the time', async () => {
    await run(
      'one',
      counting(3_000, (n) => [n, 1]),
    )
    expect(written).to.be.lessThan(3_000 * 3)
    expect((await learned()).size).to.equal(3_000)
  })
})
