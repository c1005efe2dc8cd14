/** The one effect of the command side: decide, append, remember, recover. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { accept } from '#src/streams/decider.js'
import type { CommandContext } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { reject } from '#src/streams/rejection.js'
import { checkOf } from '#src/events/form/checksum.js'
import { UnreadableEvent } from '#src/events/form/parser.js'
import { StorageFull, StoreUnavailable } from '#src/ports/eventStore.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import type { Snapshots } from '#src/ports/snapshots.js'
import { counter } from './counter.js'
import type { Counted } from './counter.js'

/** A sum that refuses to pass 100. */
const add = (by: number) => (sum: number) =>
  sum + by > 100
    ? reject({ code: 'limit-reached', limit: 'sum', max: 100 })
    : accept<Counted>({ type: 'Counted', data: { by } })

const command = (id: string, body = id): CommandContext => ({ id, bodyHash: body, at: 1_000 })

describe('streams', () => {
  let events: EventStore
  let snapshots: Snapshots
  const streamsOn = (store: EventStore): Streams =>
    makeStreams({ events: store, snapshots, cacheBytesMax: 1_000_000, pause: () => Promise.resolve() })
  /** The same log as another process sees it: appends are not ours alone. */
  const shared = (): EventStore => ({ ...events, exclusive: false })

  beforeEach(() => {
    events = openMemoryEventStore()
    snapshots = openMemorySnapshots()
  })

  const stored = async (stream = 'counter-a'): Promise<unknown[]> =>
    (await events.readStream(stream)).map(({ data }) => (data as { readonly by: number }).by)

  const sumOf = async (streams: Streams): Promise<number> => (await streams.read(counter, 'counter-a')).state

  it('appends an event made of the very time that it gets, where the clock fell back', async () => {
    const earliest = (): number => 9_000
    const streams = makeStreams({ events, snapshots, cacheBytesMax: 1e6, pause: () => Promise.resolve(), earliest })
    const made: number[] = []
    const event = (at: number) => {
      made.push(at)
      return { type: 'Counted', data: { by: 1 } } as const
    }
    const outcome = await streams.append(counter, 'counter-a', { ...command('1'), at: 5 }, event)
    const [first] = await events.readStream('counter-a')
    expect([made, outcome, first?.meta.at]).to.deep.equal([[9_000], { position: 1, at: 9_000, repeated: false }, 9_000])
  })

  it('appends what was accepted and answers its position and state', async () => {
    const outcome = await streamsOn(events).execute(counter, 'counter-a', command('1'), add(5))
    expect(outcome).to.deep.include({ state: 5, repeated: false })
    expect(await stored()).to.deep.equal([5])
  })

  it('reads what was appended, also where this process has not folded it yet', async () => {
    const streams = streamsOn(events)
    expect(await sumOf(streams)).to.equal(0)
    let goOn = (): void => undefined
    const folding = new Promise<void>((resolve) => {
      goOn = resolve
    })
    /** Its first event is long in the making: what it names is fetched. */
    const slow = { ...counter, whole: () => folding }
    const outcome = streams.execute(slow, 'counter-a', command('1'), add(5))
    while ((await stored()).length === 0);
    expect(await sumOf(streams)).to.equal(5)
    goOn()
    expect(await outcome).to.deep.include({ state: 5 })
    expect(await sumOf(streams)).to.equal(5)
  })

  it('changes nothing when the decider refuses', async () => {
    const outcome = await streamsOn(events).execute(counter, 'counter-a', command('1'), add(101))
    expect(outcome).to.deep.equal({ rejected: { code: 'limit-reached', limit: 'sum', max: 100 } })
    expect(await stored()).to.deep.equal([])
  })

  it('answers a known command with its first result, in another process and after a restart too', async () => {
    const streams = streamsOn(events)
    const first = await streams.execute(counter, 'counter-a', command('1'), add(5))
    for (const again of [streams, streamsOn(events), streamsOn(shared())]) {
      const outcome = await again.execute(counter, 'counter-a', command('1'), add(5))
      expect(outcome).to.deep.equal({ ...first, repeated: true })
    }
    expect(await stored()).to.deep.equal([5])
  })

  describe('a command that comes again after it was forgotten', () => {
    const rememberMs = 50
    const later = (id: string, at: number, body = id): CommandContext => ({ id, bodyHash: body, at })
    const forgetful = () =>
      makeStreams({ events, snapshots, cacheBytesMax: 1e6, pause: () => Promise.resolve(), rememberMs })

    for (const [what, age, isRemembered] of [
      ['just before its time is over', 49, true],
      ['as soon as its time is over', 50, false],
    ] as const) {
      it(`is ${isRemembered ? 'not even decided' : 'decided'} again ${what}`, async () => {
        const streams = forgetful()
        await streams.execute(counter, 'counter-a', later('1', 1_000), add(5))
        await streams.execute(counter, 'counter-a', later('2', 1_000 + age), add(7))
        let decided = false
        await streams.execute(counter, 'counter-a', later('1', 1_000 + age), (sum) => {
          decided = true
          return add(5)(sum)
        })
        expect(decided).to.equal(!isRemembered)
        expect(await stored()).to.deep.equal([5, 7])
      })
    }

    it('has its first result all the same, and what was decided anew leaves no trace', async () => {
      const streams = forgetful()
      const first = await streams.execute(counter, 'counter-a', later('1', 1_000), add(5))
      await streams.execute(counter, 'counter-a', later('2', 2_000), add(7))
      const again = await streams.execute(counter, 'counter-a', later('1', 3_000), add(5))
      expect(again).to.deep.equal({ ...first, state: 12, repeated: true })
      const other = await streams.execute(counter, 'counter-a', later('1', 3_000, 'other'), add(6))
      expect(other).to.deep.equal({ rejected: { code: 'idempotency-mismatch' } })
      const next = await streams.execute(counter, 'counter-a', later('3', 3_000), add(1))
      expect(next).to.deep.include({ state: 13, repeated: false })
      expect(await stored()).to.deep.equal([5, 7, 1])
    })

    it('is refused when it would record otherwise by now', async () => {
      const streams = forgetful()
      await streams.execute(counter, 'counter-a', later('1', 1_000), add(5))
      await streams.execute(counter, 'counter-a', later('2', 2_000), add(7))
      const twice = () => accept<Counted>(...[1, 2].map((by) => ({ type: 'Counted' as const, data: { by } })))
      const again = await streams.execute(counter, 'counter-a', later('1', 3_000), twice)
      expect(again).to.deep.equal({ rejected: { code: 'idempotency-mismatch' } })
      expect(await stored()).to.deep.equal([5, 7])
    })
  })

  it('answers it so even when it would be refused by now', async () => {
    const streams = streamsOn(events)
    await streams.execute(counter, 'counter-a', command('1'), add(90))
    await streams.execute(counter, 'counter-a', command('2'), add(10))
    expect(await streams.execute(counter, 'counter-a', command('1'), add(90))).to.include({ repeated: true })
  })

  it('refuses a known command with another body', async () => {
    const streams = streamsOn(events)
    await streams.execute(counter, 'counter-a', command('1'), add(5))
    const outcome = await streams.execute(counter, 'counter-a', command('1', 'other'), add(6))
    expect(outcome).to.deep.equal({ rejected: { code: 'idempotency-mismatch' } })
  })

  it('refuses it also where its events are gone, and others stand there with the body that it has now', async () => {
    const streams = streamsOn(events)
    await streams.execute(counter, 'counter-a', command('1'), add(5))
    await streams.execute(counter, 'counter-a', command('2', 'other'), add(6))
    await events.truncate('counter-a', 1)
    const outcome = await streams.execute(counter, 'counter-a', command('1', 'other'), add(6))
    expect(outcome).to.deep.equal({ rejected: { code: 'idempotency-mismatch' } })
  })

  it('writes nothing that its own parser refuses', async () => {
    const streams = streamsOn(events)
    const unreadable = () => accept<Counted>({ type: 'Counted', data: { by: 'five' as never } })
    const failed: unknown = await streams
      .execute(counter, 'counter-a', command('1'), unreadable)
      .catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(UnreadableEvent)
    expect(await stored()).to.deep.equal([])
  })

  it('forgets a command id after a day', async () => {
    const streams = streamsOn(events)
    await streams.execute(counter, 'counter-a', command('1'), add(5))
    const tomorrow = { ...command('2'), at: 1_000 + 24 * 60 * 60 * 1000 + 1 }
    await streams.execute(counter, 'counter-a', tomorrow, add(5))
    expect((await streams.read(counter, 'counter-a')).commands.has('1')).to.equal(false)
  })

  it('gives a hundred equal commands at once one effect and equal answers', async () => {
    const streams = streamsOn(events)
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => streams.execute(counter, 'counter-a', command('1'), add(5))),
    )
    expect(await stored()).to.deep.equal([5])
    expect(new Set(outcomes.map((outcome) => JSON.stringify({ ...outcome, repeated: true })))).to.have.property(
      'size',
      1,
    )
  })

  it('lets two processes take turns: the loser folds again and decides on what is there', async () => {
    const [here, there] = [streamsOn(shared()), streamsOn(shared())]
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (n % 2 === 0 ? here : there).execute(counter, 'counter-a', command(String(n)), add(2)),
      ),
    )
    expect(outcomes.filter((outcome) => 'rejected' in outcome)).to.have.length(10)
    expect(await stored()).to.deep.equal(Array.from({ length: 50 }, () => 2))
  })

  it('does not refuse on a stale fold', async () => {
    const [here, there] = [streamsOn(shared()), streamsOn(shared())]
    await here.execute(counter, 'counter-a', command('1'), add(100))
    await there.execute(counter, 'counter-a', command('2'), add(-100))
    expect(await here.execute(counter, 'counter-a', command('3'), add(1))).to.include({ state: 1 })
  })

  it('does not find on a stale fold that there is nothing to do', async () => {
    const [here, there] = [streamsOn(shared()), streamsOn(shared())]
    const clear = (sum: number) => (sum === 0 ? accept<Counted>() : add(-sum)(sum))
    expect(await here.execute(counter, 'counter-a', command('1'), clear)).to.include({ state: 0, position: origin })
    await there.execute(counter, 'counter-a', command('2'), add(5))
    expect(await here.execute(counter, 'counter-a', command('3'), clear)).to.include({ state: 0, repeated: false })
    expect(await stored()).to.deep.equal([5, -5])
  })

  it('reads what another process appended before the read began', async () => {
    const [here, there] = [streamsOn(shared()), streamsOn(shared())]
    await here.execute(counter, 'counter-a', command('1'), add(1))
    const reads = []
    for (let n = 2; n < 20; n++) {
      await there.execute(counter, 'counter-a', command(String(n)), add(1))
      reads.push(here.read(counter, 'counter-a').then(({ state }) => state >= n))
    }
    expect(await Promise.all(reads)).to.not.include(false)
  })

  it('shows nobody a fold of which only the first page is read', async () => {
    const ones = Array.from({ length: 600 }, (): Counted => ({ type: 'Counted', data: { by: 0 } }))
    await streamsOn(events).execute(counter, 'counter-a', command('1'), () =>
      accept(...ones, { ...ones[0]!, data: { by: 9 } }),
    )
    snapshots = openMemorySnapshots()
    const seen: Promise<number>[] = []
    let pages = 0
    const streams = streamsOn({
      ...events,
      readStream: (stream, options) => {
        // Another reader comes before the second page.
        if (++pages === 2) seen.push(sumOf(streams))
        return events.readStream(stream, options)
      },
    })
    expect(await sumOf(streams)).to.equal(9)
    expect(await Promise.all(seen)).to.deep.equal([9])
  })

  it('throws what the store throws, and goes on afterwards from what really happened', async () => {
    let lose = true
    const flaky: EventStore = {
      ...events,
      append: async (...args) => {
        const appended = await events.append(...args)
        if (lose) throw new StoreUnavailable('the answer was lost')
        return appended
      },
    }
    const streams = streamsOn(flaky)
    const failed = await streams.execute(counter, 'counter-a', command('1'), add(5)).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failed).to.be.instanceOf(StoreUnavailable)
    expect(await sumOf(streams)).to.equal(5)
    lose = false
    expect(await streams.execute(counter, 'counter-a', command('1'), add(5))).to.include({ repeated: true, state: 5 })
    expect(await stored()).to.deep.equal([5])
  })

  it('seals every event with a salt of its own', async () => {
    const streams = streamsOn(events)
    const twice = () => accept<Counted>({ type: 'Counted', data: { by: 1 } }, { type: 'Counted', data: { by: 1 } })
    await streams.execute(counter, 'counter-a', command('1'), twice)
    await streams.append(counter, 'counter-b', command('2'), { type: 'Counted', data: { by: 1 } })
    const written = await events.readAll({ after: origin })
    expect(written.map(checkOf)).to.deep.equal(['holds', 'holds', 'holds'])
    expect(new Set(written.map(({ meta }) => meta.salt)).size).to.equal(3)
    expect(written[0]?.meta.salt).to.match(/^[A-Za-z0-9_-]{22}$/)
  })

  it('answers a command that another process ran with what stands, not with what was decided now', async () => {
    const [here, there] = [streamsOn(shared()), streamsOn(shared())]
    await here.execute(counter, 'counter-a', command('0'), add(1))
    await there.execute(counter, 'counter-a', command('1'), add(5))
    const outcome = await here.execute(counter, 'counter-a', command('1'), add(7))
    expect(outcome).to.deep.include({ repeated: true, state: 6 })
    expect((await here.read(counter, 'counter-a')).state).to.equal(6)
  })

  it('takes nothing that was changed since it was written', async () => {
    const sealed = streamsOn(events)
    await sealed.execute(counter, 'counter-a', command('1'), add(5))
    const changed: EventStore = {
      ...events,
      readStream: async (stream) =>
        (await events.readStream(stream)).map((event) => ({ ...event, damage: 'its checksum does not hold' })),
    }
    const failed: unknown = await streamsOn(changed)
      .read(counter, 'counter-a')
      .catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(UnreadableEvent)
  })

  it('starts from snapshots, and knows the commands before them', async () => {
    const streams = streamsOn(events)
    for (let n = 0; n < 70; n++) await streams.execute(counter, 'counter-a', command(String(n)), add(1))
    expect(await snapshots.latest('counter-a', 1)).to.include({ revision: 63 })
    let read = 0
    const counting: EventStore = {
      ...events,
      readStream: async (stream, options) => {
        const page = await events.readStream(stream, options)
        read += page.length
        return page
      },
    }
    const restarted = streamsOn(counting)
    expect((await restarted.read(counter, 'counter-a')).state).to.equal(70)
    expect(read).to.equal(6)
    expect(await restarted.execute(counter, 'counter-a', command('3'), add(1))).to.include({ repeated: true })
  })

  it('makes few snapshots of a long stream that has none: one every 2,000 events, and of its end', async () => {
    const meta = (n: number) => ({ v: 1, at: 1_000, command: String(n), bodyHash: '' })
    const ones = Array.from({ length: 4_500 }, (_, n) => ({
      id: randomUUID(),
      type: 'Counted',
      data: { by: 1 },
      meta: meta(n),
    }))
    for (let n = 0; n < ones.length; n += 500) await events.append('counter-a', ones.slice(n, n + 500), 'any')
    const saved: number[] = []
    const keep = snapshots
    snapshots = {
      ...keep,
      save: (snapshot) => {
        saved.push(snapshot.revision)
        return keep.save(snapshot)
      },
    }
    expect(await sumOf(streamsOn(events))).to.equal(4_500)
    expect(saved).to.deep.equal([1_999, 3_999, 4_499])
  })

  it('fails nothing for a snapshot that finds no room', async () => {
    snapshots = { ...snapshots, save: () => Promise.reject(new StorageFull('no room')) }
    const streams = streamsOn(events)
    for (let n = 0; n < 64; n++)
      expect(await streams.execute(counter, 'counter-a', command(String(n)), add(1))).to.have.property('position')
    expect((await streamsOn(events).read(counter, 'counter-a')).state).to.equal(64)
  })

  it('ignores a snapshot that other code made', async () => {
    await snapshots.save({ stream: 'counter-a', revision: 5, version: 2, bytes: new Uint8Array([1]) })
    expect((await streamsOn(events).read(counter, 'counter-a')).state).to.equal(0)
  })

  it('ignores a snapshot beyond the end of the stream, which was put back to an older copy', async () => {
    const streams = streamsOn(events)
    for (let n = 0; n < 70; n++) await streams.execute(counter, 'counter-a', command(String(n)), add(1))
    const older = openMemoryEventStore()
    for (const { stream, id, type, data, meta } of (await events.readStream('counter-a')).slice(0, 60))
      await older.append(stream, [{ id, type, data, meta }], 'any')
    const restarted = streamsOn(older)
    expect((await restarted.read(counter, 'counter-a')).state).to.equal(60)
    expect(await restarted.readAt(counter, 'counter-a', 63)).to.equal(60)
    expect(await restarted.execute(counter, 'counter-a', command('new'), add(1))).to.include({ state: 61 })
  })

  it('tells the state of any revision', async () => {
    const streams = streamsOn(events)
    for (let n = 0; n < 70; n++) await streams.execute(counter, 'counter-a', command(String(n)), add(1))
    for (const revision of [0, 62, 63, 64, 69]) {
      expect(await streams.readAt(counter, 'counter-a', revision)).to.equal(revision + 1)
    }
  })

  it('tells what it appended before to a stream that nobody folds, and that another body was another', async () => {
    const streams = streamsOn(events)
    const event: Counted = { type: 'Counted', data: { by: 1 } }
    expect(await streams.appended('list-a', command('1'))).to.equal(undefined)
    const first = await streams.append(counter, 'list-a', command('1'), event)
    expect(await streams.appended('list-a', command('1'))).to.deep.equal({ ...first, repeated: true })
    expect(await streams.appended('list-b', command('1'))).to.equal(undefined)
    expect(await streams.appended('list-a', command('1', 'other'))).to.deep.equal({
      rejected: { code: 'idempotency-mismatch' },
    })
  })

  it('appends to a stream that nobody folds once per command id', async () => {
    const streams = streamsOn(events)
    const event: Counted = { type: 'Counted', data: { by: 1 } }
    const first = await streams.append(counter, 'list-a', command('1'), event)
    const other = await streams.append(counter, 'list-a', command('2'), event)
    expect(await streams.append(counter, 'list-a', command('1'), event)).to.deep.equal({ ...first, repeated: true })
    expect(other).to.include({ repeated: false })
    expect(await streams.append(counter, 'list-a', command('1', 'other'), event)).to.deep.equal({
      rejected: { code: 'idempotency-mismatch' },
    })
    expect(await stored('list-a')).to.deep.equal([1, 1])
  })
})
