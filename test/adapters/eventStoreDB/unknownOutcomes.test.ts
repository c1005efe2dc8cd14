/** An append whose outcome is unknown has one effect: the same ids and the same expectation are sent again. */
import { expect } from 'chai'
import { AppendTooLarge, StoreUnavailable, type Expected } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { appended, datas, failure, given, newEvent, newEvents, type Given } from './given.js'
import { handClock } from './handClock.js'
import type { AppendFault } from './server/faults.js'

describe('an append to EventStoreDB whose answer is lost', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  const faults: readonly AppendFault[] = ['breakAfter', 'breakBefore', 'timeOut', 'busy']
  for (const fault of faults)
    for (const expected of ['none', 'any'] as const)
      for (const repeatsHavePosition of [true, false])
        it(`has one effect (${fault}, expecting ${expected}, position of a retry ${repeatsHavePosition ? 'told' : 'untold'})`, async () => {
          const store = here.open()
          Object.assign(here.server.faults, { repeatsHavePosition })
          here.server.faults.appends.push(fault, fault)
          const result = appended(await store.append('s', newEvents(2), expected))
          const read = await store.readStream('s')
          expect(datas(read)).to.deep.equal([0, 1])
          expect(result).to.include({ revision: 1, position: read[1]?.position })
        })

  it('is sent again once its time is over', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.head()
    here.server.faults.appends.push('loseAnswer')
    const landed = here.server.appended()
    const appending = store.append('s', newEvents(2), 'none')
    await landed
    clock.advance(4_000)
    await clock.sleeping(25)
    clock.advance(25)
    expect(appended(await appending)).to.include({ revision: 1, repeated: true })
    expect(datas(await store.readStream('s'))).to.deep.equal([0, 1])
  })

  it('is found in the stream when the server that wrote it is gone, and its cache with it', async () => {
    const store = here.open()
    await store.append('s', [newEvent('before')], 'any')
    here.server.faults.appends.push('loseAnswer')
    const landed = here.server.appended()
    const appending = store.append('s', newEvents(2), 'any')
    await landed
    here.server.kill()
    await here.server.restart()
    expect(appended(await appending)).to.include({ revision: 2, repeated: true })
    expect(datas(await store.readStream('s'))).to.deep.equal(['before', 0, 1])
  })

  it('is told to the caller as unknown when no answer comes in time, and a retry then finds it', async () => {
    const clock = handClock()
    const store = here.open({ clock, timeouts: { callMs: 4_000, totalMs: 4_000 } })
    const events = newEvents(2)
    await store.head()
    await store.append('other', [newEvent()], 'none')
    here.server.stall()
    const outcome = failure(store.append('s', events, 'none'))
    await clock.sleeping(4_000)
    clock.advance(4_000)
    expect(await outcome).to.be.instanceOf(StoreUnavailable)
    here.server.resume()
    expect(appended(await store.append('s', events, 'none'))).to.include({ revision: 1, repeated: true })
    expect(datas(await store.readStream('s'))).to.deep.equal([0, 1])
  })

  it('loses to another that was written meanwhile, and says so', async () => {
    const store = here.open()
    here.server.faults.appends.push('breakBefore')
    const rival = here.open()
    const losing = store.append('s', [newEvent('mine')], 'none')
    await rival.append('s', [newEvent('theirs')], 'none').catch(() => undefined)
    const results = [await losing, await rival.append('s', [newEvent('late')], 'none')]
    expect(results.filter(({ status }) => status === 'wrongRevision').length).to.be.greaterThan(0)
    expect(await store.readStream('s')).to.have.length(1)
  })
})

describe('appends to EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  it('are told apart from retries when both are under way', async () => {
    here.server.faults.repeatsHavePosition = true
    const store = here.open()
    const event = newEvent()
    const results = await Promise.all([1, 2, 3].map(() => store.append('s', [event], 'any')))
    expect(results.map((result) => appended(result).repeated)).to.deep.equal([false, true, true])
  })

  it('know a retry of what another process wrote', async () => {
    here.server.faults.repeatsHavePosition = true
    const [one, other] = [here.open(), here.open()]
    await other.head()
    const event = newEvent()
    const first = appended(await one.append('s', [event], 'any'))
    expect(await other.append('s', [event], 'any')).to.deep.equal({ ...first, repeated: true })
  })

  it('need no clock that agrees with the server', async () => {
    here.server.faults.clockAheadMs = 60_000
    expect(await here.open().append('s', [newEvent()], 'none')).to.include({ status: 'appended' })
  })

  it('that wait for a frozen server are bounded, and go on when it wakes', async () => {
    const store = here.open({ clock: handClock() })
    await store.append('first', [newEvent()], 'any')
    here.server.stall()
    const outcomes = Promise.allSettled(
      Array.from({ length: 5_000 }, (_, n) => store.append(`s${n % 50}`, [newEvent()], 'any')),
    )
    here.server.resume()
    const refused = (await outcomes).filter(({ status }) => status === 'rejected')
    expect(refused).to.have.length(5_000 - 4_096)
    expect(await store.readAll({ after: origin, limit: 5_000 })).to.have.length(4_096 + 1)
  })

  it('to a stream that was deleted for ever are refused, and to one that was deleted softly go on counting', async () => {
    const store = here.open()
    await store.append('hard', newEvents(3), 'none')
    await store.append('soft', newEvents(3), 'none')
    here.server.storage.tombstone('hard')
    here.server.storage.softDelete('soft')
    expect(await store.readStream('hard')).to.deep.equal([])
    expect(await store.readStream('soft')).to.deep.equal([])
    expect(await store.last('soft')).to.equal(undefined)
    expect(await failure(store.append('hard', [newEvent()], 'any'))).not.to.be.instanceOf(StoreUnavailable)
    expect(await store.append('soft', [newEvent('again')], 'none')).to.include({ revision: 3 })
    expect(datas(await store.readStream('soft'))).to.deep.equal(['again'])
  })

  it('too large for the server are refused as such when only it knows', async () => {
    const store = here.open()
    here.server.faults.appends.push('tooLarge')
    expect(await failure(store.append('s', [newEvent()], 'none'))).to.be.instanceOf(AppendTooLarge)
  })

  it('by many at once with a flaky server have each one effect', async () => {
    const store = here.open()
    const expected: Expected = 'none'
    const cycle: readonly AppendFault[] = ['breakAfter', 'busy', 'timeOut', 'breakBefore']
    for (let n = 0; n < 12; n++) here.server.faults.appends.push(cycle[n % cycle.length]!)
    const names = Array.from({ length: 60 }, (_, n) => `s${n}`)
    await Promise.all(names.map((name) => store.append(name, newEvents(3), expected)))
    for (const name of names) expect(datas(await store.readStream(name))).to.deep.equal([0, 1, 2])
  })
})
