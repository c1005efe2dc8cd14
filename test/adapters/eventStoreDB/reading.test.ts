/** Reading from EventStoreDB: bounded calls, no system events, metadata kept, strangers' events survived. */
import { expect } from 'chai'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { datas, failure, given, newEvent, newEvents, type Given } from './given.js'
import { handClock, type HandClock } from './handClock.js'

describe('reading from EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  it('never opens as many calls as would hang the connection', async () => {
    const store = here.open({ clock: handClock() })
    const follower = here.follow(store, origin)
    await follower.until(0)
    await store.append('s', newEvents(3), 'none')
    here.server.stall()
    const reads = Promise.all(Array.from({ length: 400 }, () => store.readStream('s')))
    here.server.resume()
    for (const read of await reads) expect(read).to.have.length(3)
    expect(here.server.openCallsPeak()).to.be.within(60, 70)
  })

  it('gives up on a frozen server after its own time', async () => {
    const clock = handClock()
    const store = here.open({ clock, timeouts: { callMs: 4_000, totalMs: 4_000 } })
    await store.head()
    here.server.stall()
    const outcome = failure(store.readStream('s'))
    await clock.sleeping(4_000)
    clock.advance(4_000)
    expect(await outcome).to.be.instanceOf(StoreUnavailable)
  })

  it('waits little for a server that has been away for long, and finds it at once when it is back', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.append('s', [newEvent('kept')], 'none')
    here.server.kill()
    const first = failure(store.head())
    await passing(clock, first)
    expect(await first).to.be.instanceOf(StoreUnavailable)
    clock.advance(9_000)
    // Nothing moves the clock now: whoever paused to try again would wait for ever.
    expect(await failure(store.head())).to.be.instanceOf(StoreUnavailable)
    expect(await failure(store.append('s', [newEvent()], 'any'))).to.be.instanceOf(StoreUnavailable)
    await here.server.restart()
    expect(datas(await store.readStream('s'))).to.deep.equal(['kept'])
  })

  it('leaves the events of the server out, of the end of the log too', async () => {
    const store = here.open()
    await store.append('s', newEvents(10), 'none')
    const head = await store.head()
    for (let before = 1; before < 60; before++)
      here.server.storage.append('$$other', [foreign('$metadata', '{}')], 'any')
    await store.truncate('s', 4)
    expect(await store.head()).to.equal(head)
    const all = await store.readAll({ after: origin, limit: 20 })
    expect(datas(all)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    await store.append('s', [newEvent('next')], 'any')
    expect(datas(await store.readAll({ after: head, limit: 1 }))).to.deep.equal(['next'])
  })

  it('reads around what a scavenge took away', async () => {
    const store = here.open()
    await store.append('s', newEvents(10), 'none')
    const before = await store.readAll({ after: origin })
    await store.truncate('s', 7)
    here.server.storage.scavenge()
    expect(await store.readAll({ after: origin })).to.deep.equal(before.slice(7))
    expect(await store.readAll({ after: before[3]!.position })).to.deep.equal(before.slice(7))
    expect(await store.readStream('s')).to.deep.equal(before.slice(7))
  })

  it('keeps what else stands in the metadata of a stream that it truncates', async () => {
    const store = here.open()
    await store.append('s', newEvents(5), 'none')
    here.server.storage.append('$$s', [foreign('$metadata', '{"$maxCount":1000,"owner":"us"}')], 'any')
    await Promise.all([store.truncate('s', 2), store.truncate('s', 3), store.truncate('s', 1)])
    const metadata = here.server.storage.stream('$$s')?.records.at(-1)
    expect(JSON.parse(Buffer.from(metadata!.data).toString())).to.deep.equal({ $maxCount: 1000, owner: 'us', $tb: 3 })
  })

  it('survives an event that is not ours', async () => {
    const store = here.open()
    here.server.storage.append('theirs', [foreign('Stranger', 'no JSON')], 'any')
    const [stranger] = await store.readStream('theirs')
    expect(stranger).to.deep.include({ type: 'Stranger', data: null })
    expect(stranger?.meta).to.include({ v: 1, command: '' })
  })
})

/** Lets time go by until a promise is settled. */
const passing = async (clock: HandClock, until: Promise<unknown>): Promise<void> => {
  let over = false
  void until.then(() => (over = true))
  const settled = (): boolean => over
  while (!settled()) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(50)
  }
}

const foreign = (type: string, text: string) => ({
  id: crypto.randomUUID(),
  type,
  contentType: type.startsWith('$') ? 'application/json' : 'application/octet-stream',
  data: Buffer.from(text),
  meta: new Uint8Array(),
})
