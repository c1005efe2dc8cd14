/** An EventStoreDB that is known to be away: nobody waits for it, and it is found again. */
import { expect } from 'chai'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { makeStreams } from '#src/streams/streams.js'
import { datas, failure, given, newEvent, type Given } from './given.js'
import { counter } from '../../streams/counter.js'
import { handClock, type HandClock } from './handClock.js'

/** Resolves when all are settled but for one, which may never be. */
const allButOne = (all: readonly Promise<void>[]): Promise<void> =>
  new Promise((resolve, reject) => {
    let left = all.length - 1
    for (const one of all)
      one.then(() => {
        if (--left === 0) resolve()
      }, reject)
  })

describe('an EventStoreDB that is away', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  const expectRefused = async (work: Promise<unknown>): Promise<void> => {
    const error = await failure(work)
    expect(error).to.be.instanceOf(StoreUnavailable)
    expect(error).to.include({ retryAfterMs: 1_000 })
  }

  /** Until nothing was answered for so long that the store is known to be away, for everybody who waited. */
  const notice = async (clock: HandClock, waiting: readonly Promise<unknown>[]): Promise<void> => {
    const refused = waiting.map(expectRefused)
    await clock.sleeping(4_000)
    clock.advance(4_000)
    await Promise.all(refused)
  }

  it('lets nobody wait once it is known to hang, and is found when it answers again', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.append('s', [newEvent('kept')], 'none')
    here.server.stall()
    await notice(clock, [store.head(), store.last('s'), store.readStream('s')])
    // Nothing moves the clock now: whoever waited would wait for ever.
    for (let n = 0; n < 50; n++) await expectRefused(store.readStream('s'))
    here.server.resume()
    await here.logger.said('the store is back')
    expect(datas(await store.readStream('s'))).to.deep.equal(['kept'])
  })

  it('refuses appends too, though it hangs for one of them only', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.append('s', [newEvent()], 'none')
    here.server.stall()
    await notice(clock, [store.head()])
    const one = expectRefused(store.append('s', [newEvent()], 'any'))
    await clock.sleeping(4_000)
    clock.advance(4_000)
    await one
    const looks = failure(store.append('s', [newEvent()], 'any'))
    for (let n = 0; n < 50; n++) await expectRefused(store.append(`s${n}`, [newEvent()], 'any'))
    here.server.resume()
    await looks.catch(() => undefined)
  })

  it('lets nobody wait who shares an answer, when its connection breaks and the next one hangs too', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    const streams = makeStreams({
      events: store,
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1_000_000,
      pause: () => Promise.resolve(),
    })
    const read = () => streams.read(counter, 's')
    await read()
    here.server.stall()
    await notice(clock, [store.head()])
    here.server.kill()
    // The look that hung fails with its connection, and pauses.
    await clock.napping(25)
    await here.server.restart()
    const readers = Array.from({ length: 50 }, () => expectRefused(read()))
    // Theirs, which begins in a moment, beside the pause of the look.
    await new Promise(setImmediate)
    clock.advance(300)
    await Promise.all(readers)
    here.server.resume()
    await here.logger.said('the store is back')
  })

  it('without a quorum serves reads and refuses appends', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.append('s', [newEvent('kept')], 'none')
    here.server.faults.noQuorum = true
    // One answer may be lost by itself: the first is tried again, and so is the one that looks after the store.
    const looks = failure(store.append('looks', [newEvent()], 'any'))
    const other = expectRefused(store.append('other', [newEvent()], 'any'))
    await clock.sleeping(4_000)
    clock.advance(4_000)
    await other
    clock.advance(25)
    const others = Array.from({ length: 20 }, (_, n) => expectRefused(store.append(`u${n}`, [newEvent()], 'any')))
    await allButOne(others)
    expect(datas(await store.readStream('s'))).to.deep.equal(['kept'])
    here.server.faults.noQuorum = false
    clock.advance(8_000)
    await Promise.all([looks, ...others])
    expect(await store.append('u', [newEvent()], 'none')).to.include({ status: 'appended' })
  })

  it('is said once, with the reason, and once more when it is back', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.head()
    here.server.stall()
    await notice(clock, [store.head(), store.head()])
    here.server.resume()
    await here.logger.said('the store is back')
    const lines = here.logger.lines.filter((line) => /store is/.test(line))
    expect(lines).to.have.length(2)
    expect(lines[0]).to.match(/^the store is away .*"reads".*no answer within 4000 ms/)
  })
})
