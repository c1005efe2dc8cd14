/** The watch over a server's clock: what it holds, what ends that, and what the next start knows of it. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { acceptClock, initialiseServer, serverAggregate } from '#src/commands/server/server.js'
import type { ServerEvent } from '#src/events/server.js'
import { serverStream } from '#src/events/server.js'
import { watchClock } from '#src/reactions/clockWatch.js'
import type { ClockWatch } from '#src/reactions/clockWatch.js'
import type { Decide } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import type { ServerState } from '#src/commands/server/server.js'
import { silentLogger } from '../support/silentLogger.js'

const hour = 60 * 60 * 1_000
const day = 24 * hour
const began = Date.UTC(2026, 0, 1)

describe('the watch over the clock', () => {
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })

  const world = async () => {
    const events = openMemoryEventStore()
    const time = { wall: began, elapsed: 0 }
    const watched: { by?: ClockWatch } = {}
    const streams = makeStreams({
      events,
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1_000_000,
      pause: () => Promise.resolve(),
      earliest: () => watched.by?.earliest() ?? 0,
    })
    let commands = 0
    const execute = async (decide: Decide<ServerState, ServerEvent>): Promise<void> => {
      const command = { id: `test ${String(++commands)}`, bodyHash: '', at: time.wall }
      await streams.execute(serverAggregate, serverStream, command, decide)
    }
    await execute(initialiseServer({ domain: 'd', logId: 'l', keysFingerprint: 'k' }))
    const second: { says: number | undefined } = { says: undefined }
    /** Those that sleep. */
    const sleepers = new Set<() => void>()
    const clock = {
      now: () => time.wall,
      sleep: (_ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          const wake = (): void => {
            sleepers.delete(wake)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          sleepers.add(wake)
          signal.addEventListener('abort', wake)
        }),
    }
    const pass = (ms: number, leap = 0): void => {
      time.elapsed += ms
      time.wall += ms + leap
    }
    /** One turn of every watch, to its end. */
    const looks = async (ms: number, leap = 0): Promise<void> => {
      pass(ms, leap)
      const all = [...sleepers]
      for (const wake of all) wake()
      while (sleepers.size < all.length) await new Promise(setImmediate)
    }
    const start = async (process: string): Promise<ClockWatch> => {
      const newest = (await events.newest())?.meta.at
      const watch = await watchClock({
        ...{ clock, streams, process, newest, logger: silentLogger, leapMsMax: 7 * day },
        ...{ stopwatch: { elapsed: () => time.elapsed }, secondClock: () => Promise.resolve(second.says) },
      })
      watched.by = watch
      const asleep = sleepers.size
      const stop = new AbortController()
      const running = watch.run(stop.signal)
      const end = async (): Promise<void> => {
        stop.abort()
        await running
      }
      ends.push(end)
      while (sleepers.size === asleep) await new Promise(setImmediate)
      return { ...watch, run: end }
    }
    const written = async (): Promise<readonly string[]> =>
      (await events.readStream(serverStream))
        .slice(1)
        .map(({ type, data }) => (type === 'ClockAccepted' ? `${type} ${(data as { by: string }).by}` : type))
    const downtimes = async () => {
      const { state } = await streams.read(serverAggregate, serverStream)
      return state.status === 'new' ? [] : state.downtimes.map(({ from, until }) => [from - began, until - began])
    }
    return { events, time, second, pass, looks, start, execute, written, downtimes }
  }

  it('lets things expire while the clock does what clocks do', async () => {
    const { start, looks, written } = await world()
    const watch = await start('a')
    for (let n = 0; n < 50; n++) await looks(hour, 2_000)
    expect([await watch.mayDestroy(), watch.held(), await written()]).to.deep.equal([true, undefined, []])
  })

  it('holds before the next turn of a sweep when the clock leaps, until it is back', async () => {
    const { start, pass, looks, written, time } = await world()
    const watch = await start('a')
    pass(1_000, 100 * day)
    expect(await watch.mayDestroy()).to.equal(false)
    expect(watch.believed()).to.equal(began + 1_000)
    await looks(1_000)
    expect(await written()).to.deep.equal(['ClockHeld'])
    await looks(3 * hour, -100 * day)
    expect(await watch.mayDestroy()).to.equal(true)
    expect([await written(), watch.believed()]).to.deep.equal([['ClockHeld', 'ClockAccepted return'], time.wall])
  })

  it('stamps no event with a time long before', async () => {
    const { start, pass, execute, events } = await world()
    await start('a')
    pass(hour, -365 * day)
    await execute(acceptClock({ by: 'operator' }))
    expect((await events.newest())?.meta.at).to.equal(began + hour - 5 * 60_000)
  })

  it('holds over restarts: what was written under a wrong clock says nothing', async () => {
    const { start, looks, pass, written } = await world()
    const first = await start('a')
    await looks(1_000, 365 * day)
    await first.run(new AbortController().signal)
    pass(hour)
    const next = await start('b')
    expect([await next.mayDestroy(), await written()]).to.deep.equal([false, ['ClockHeld', 'ClockHeld']])
    await next.run(new AbortController().signal)
    pass(hour, -365 * day)
    const last = await start('c')
    expect(await last.mayDestroy()).to.equal(true)
    expect((await written()).at(-1)).to.equal('ClockAccepted return')
  })

  it('holds when a start comes long after the newest event, until a second clock agrees', async () => {
    const { start, pass, looks, second, time, written, downtimes } = await world()
    pass(100 * day)
    const watch = await start('a')
    expect(await watch.mayDestroy()).to.equal(false)
    second.says = time.wall - 100 * day
    await looks(60_000)
    expect(await watch.mayDestroy()).to.equal(false)
    second.says = time.wall + 60_000
    await looks(60_000)
    expect(await watch.mayDestroy()).to.equal(true)
    expect(await written()).to.deep.equal(['ClockHeld', 'ClockAccepted secondClock'])
    expect(await downtimes()).to.deep.equal([[0, 100 * day + 120_000]])
  })

  it('does not hold at all where the second clock agrees at once, but remembers that it was down', async () => {
    const { start, pass, second, time, written } = await world()
    pass(100 * day)
    second.says = time.wall
    const watch = await start('a')
    expect([await watch.mayDestroy(), await written()]).to.deep.equal([true, ['ServerWasDown']])
  })

  it('believes an operator, before a start and while it holds', async () => {
    const { start, pass, looks, execute, time } = await world()
    pass(100 * day)
    await execute(acceptClock({ by: 'operator', skipped: { from: began, until: time.wall } }))
    const watch = await start('a')
    expect(await watch.mayDestroy()).to.equal(true)
    await looks(1_000, 400 * day)
    expect(await watch.mayDestroy()).to.equal(false)
    await execute(acceptClock({ by: 'operator' }))
    expect(await watch.mayDestroy()).to.equal(false)
    await looks(60_000)
    expect(await watch.mayDestroy()).to.equal(true)
  })

  it('holds with another process that doubts its clock, which says so again when it is overheard', async () => {
    const { start, looks, pass } = await world()
    const watch = await start('a')
    await looks(1_000, 30 * day)
    // Another one comes, on a machine whose clock is right.
    pass(0, -30 * day)
    const other = await start('b')
    expect(await other.mayDestroy()).to.equal(true)
    pass(0, 30 * day)
    expect(watch.held()).to.be.a('string')
    await looks(60_000)
    pass(0, -30 * day)
    expect(await other.mayDestroy()).to.equal(false)
  })

  it('notes a stop that is long but not too long', async () => {
    const { start, pass, downtimes } = await world()
    pass(hour / 2)
    await start('a')
    expect(await downtimes()).to.deep.equal([])
    pass(6 * day)
    await start('b')
    expect(await downtimes()).to.deep.equal([[0, 6 * day + hour / 2]])
  })
})
