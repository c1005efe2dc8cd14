/** The live end of a log keeps little in memory, and a follower that is behind it reads pages instead. */
import { expect } from 'chai'
import { createEventFeed } from '#src/adapters/eventFeed.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { origin, toPosition } from '#src/ports/position.js'

const eventAt = (position: number): StoredEvent => ({
  position: toPosition(position),
  stream: 'stream',
  revision: position - 1,
  id: `id ${position}`,
  type: 'Tested',
  data: null,
  meta: { v: 1, at: 0, command: 'c', bodyHash: 'b' },
})

describe('an event feed', () => {
  const feedOf = (keptEvents?: number) => {
    const pages: number[] = []
    let turns = 0
    const log: StoredEvent[] = []
    const feed = createEventFeed({
      head: origin,
      readAfter: (after, limit) => {
        pages.push(after)
        return log.filter(({ position }) => position > after).slice(0, limit)
      },
      breathe: () => {
        turns++
        return Promise.resolve()
      },
      ...(keptEvents === undefined ? {} : { keptEvents }),
    })
    const publish = (count: number, characters: number): void => {
      for (let n = 0; n < count; n++) {
        const event = eventAt(log.length + 1)
        log.push(event)
        feed.publish([{ event, characters }])
      }
    }
    const positionsAfter = async (after: number): Promise<number[]> => {
      const stop = new AbortController()
      const seen: number[] = []
      for await (const { events, live } of feed.follow({ after: toPosition(after), signal: stop.signal })) {
        seen.push(...events.map(({ position }) => position))
        if (live) stop.abort()
      }
      return seen
    }
    return { publish, positionsAfter, pages, turns: () => turns }
  }
  const countUp = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

  it('serves followers near its head from memory alone', async () => {
    const { publish, positionsAfter, pages } = feedOf(100)
    publish(1_000, 10)
    expect(await positionsAfter(900)).to.deep.equal(countUp(901, 1_000))
    expect(pages).to.deep.equal([])
  })

  it('serves the others by pages until they are near enough, read in slices with a turn for others between them', async () => {
    const { publish, positionsAfter, pages, turns } = feedOf(100)
    publish(1_000, 10)
    expect(await positionsAfter(0)).to.deep.equal(countUp(1, 1_000))
    const slices = [0, 500].flatMap((page) => countUp(0, 15).map((n) => page + 32 * n))
    expect(pages).to.deep.equal(slices)
    expect(turns()).to.be.at.least(slices.length)
  })

  it('keeps few events when they are large', async () => {
    const { publish, positionsAfter, pages } = feedOf()
    publish(100, 1_000_000)
    expect(await positionsAfter(90)).to.deep.equal(countUp(91, 100))
    expect(pages).to.deep.equal([])
    expect(await positionsAfter(50)).to.deep.equal(countUp(51, 100))
    expect(pages).to.deep.equal([50, 82])
  })
})
