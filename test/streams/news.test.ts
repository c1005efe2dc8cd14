/** Folds that need not be read: what is heard of a log to which others append says that nothing has followed. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { accept } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { counter } from './counter.js'
import type { Counted } from './counter.js'

const stream = 'counter-a'

/** A log of two processes; ours hears of what is appended when the test says so. */
const heardLog = () => {
  const log = openMemoryEventStore()
  const listeners: ((stream: string, revision: number) => void)[] = []
  let [heard, reads] = [0, 0]
  const hearUpTo = async (place: number): Promise<void> => {
    for (const event of await log.readAll({ after: heard as never }))
      if (event.position <= place) for (const listener of listeners) listener(event.stream, event.revision)
    heard = Math.max(heard, place)
  }
  const asked: (() => void)[] = []
  const ours: EventStore = {
    ...log,
    exclusive: false,
    readStream: (...what) => {
      reads++
      return log.readStream(...what)
    },
    hearing: {
      listen: (listener) => listeners.push(listener),
      caughtUp: async () => {
        const head = await log.head()
        for (const tell of asked.splice(0)) tell()
        return heard >= head
      },
    },
  }
  return {
    log,
    ours,
    reads: () => reads,
    hearAll: async () => hearUpTo(await log.head()),
    /** Resolves once somebody has asked whether all is heard. */
    asked: () => new Promise<void>((resolve) => asked.push(resolve)),
  }
}

const streamsOn = (events: EventStore, cacheBytesMax = 1e6): Streams =>
  makeStreams({ events, snapshots: openMemorySnapshots(), cacheBytesMax, pause: () => Promise.resolve() })

let commands = 0
const add = (streams: Streams, by: number, to = stream) =>
  streams.execute(counter, to, { id: `c${commands++}`, bodyHash: '', at: 1_000 }, () =>
    accept<Counted>({ type: 'Counted', data: { by } }),
  )

describe('a fold of a log that others append to', () => {
  let here: ReturnType<typeof heardLog>
  let ours: Streams
  let theirs: Streams
  beforeEach(async () => {
    here = heardLog()
    ours = streamsOn(here.ours)
    theirs = streamsOn({ ...here.log, exclusive: false })
    await add(theirs, 1)
    await here.hearAll()
  })
  const sum = async (): Promise<number> => (await ours.read(counter, stream)).state

  it('is read once, and not again while nothing is heard of its stream', async () => {
    await sum()
    const before = here.reads()
    await add(theirs, 7, 'counter-b')
    await here.hearAll()
    expect([await sum(), await sum(), here.reads() - before]).to.deep.equal([1, 1, 0])
  })

  it('has what another process appended, whether that is heard or not', async () => {
    await sum()
    await add(theirs, 2)
    expect(await sum()).to.equal(3)
    await add(theirs, 3)
    await here.hearAll()
    expect(await sum()).to.equal(6)
    const before = here.reads()
    expect([await sum(), here.reads() - before]).to.deep.equal([6, 0])
  })

  it('has what is heard while it is asked whether all is heard', async () => {
    await sum()
    await add(theirs, 2)
    const asking = here.asked()
    const reading = sum()
    await asking
    await here.hearAll()
    expect(await reading).to.equal(3)
  })

  it('has what this process appended, without a read', async () => {
    await sum()
    const before = here.reads()
    await add(ours, 4)
    await here.hearAll()
    expect([await sum(), here.reads() - before]).to.deep.equal([5, 0])
  })

  it('is read as long as nothing was heard: what came before may have been missed', async () => {
    const late = heardLog()
    const streams = streamsOn(late.ours)
    await add(theirs, 1)
    await streams.read(counter, stream)
    const before = late.reads()
    await streams.read(counter, stream)
    expect(late.reads() - before).to.equal(1)
  })

  it('is read again once it was forgotten, whatever was heard meanwhile', async () => {
    const small = streamsOn(here.ours, 2_000)
    await small.read(counter, stream)
    for (let n = 0; n < 30; n++) await small.read(counter, `counter-${n}`)
    for (let n = 0; n < 30; n++) await add(theirs, 1, `counter-${n}`)
    await add(theirs, 2)
    await here.hearAll()
    for (let n = 0; n < 30; n++) expect((await small.read(counter, `counter-${n}`)).state).to.equal(1)
    expect((await small.read(counter, stream)).state).to.equal(3)
  })

  it('is never older than the call, by many calls, in two processes that both append', async () => {
    let done = 1
    for (let n = 0; n < 200; n++) {
      const writing = Promise.all([add(n % 2 === 0 ? ours : theirs, 1), n % 3 === 0 ? here.hearAll() : undefined])
      const reading = sum()
      await writing
      done++
      const [now] = await Promise.all([sum(), n % 5 === 0 ? here.hearAll() : undefined])
      expect(now).to.equal(done)
      expect(await reading).to.be.within(done - 1, done)
    }
  })
})
