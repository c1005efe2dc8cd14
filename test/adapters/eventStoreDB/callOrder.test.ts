/** Appends to one stream stand in the order in which they were called, through broken connections, refusals and time-outs. */
import { expect } from 'chai'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { seeded } from '../../ports/seeded.js'
import { datas, given, newEvent, type Given } from './given.js'
import { handClock } from './handClock.js'
import type { AppendFault } from './server/faults.js'

const kinds: readonly AppendFault[] = ['breakBefore', 'breakAfter', 'busy', 'timeOut']

describe('appends to one stream of EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  /** What was accepted stands in the order of the calls; what was not may be missing, and stands nowhere else. */
  const expectInOrder = async (results: readonly PromiseSettledResult<unknown>[]): Promise<void> => {
    const accepted = results.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(StoreUnavailable)
    const stand = datas(await here.open().readStream('s')).map(Number)
    expect(stand.filter((n) => accepted.includes(n))).to.deep.equal(accepted)
  }

  for (const seed of [1, 2, 3, 4, 5, 6])
    it(`keep their order while some of them fail (seed ${seed})`, async () => {
      const random = seeded(seed)
      const store = here.open()
      await store.append('other', [newEvent()], 'any')
      const calls: Promise<unknown>[] = []
      for (let n = 0; n < 60; n++) {
        if (random.integer(12) === 0) here.server.faults.appends.push(random.pick(kinds))
        calls.push(store.append('s', [newEvent(n)], 'any'))
        if (random.integer(3) === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await expectInOrder(await Promise.allSettled(calls))
    })

  it('keep it when the connection breaks under all of them', async () => {
    const store = here.open()
    await store.append('other', [newEvent()], 'any')
    const calls: Promise<unknown>[] = []
    for (let n = 0; n < 32; n++) {
      if (n === 12) here.server.faults.appends.push('breakBefore')
      calls.push(store.append('s', [newEvent(n)], 'any'))
      if (n % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(calls)
    expect(datas(await store.readStream('s'))).to.deep.equal(Array.from({ length: 32 }, (_, n) => n))
  })

  it('wait for one that has timed out', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    await store.append('other', [newEvent()], 'any')
    here.server.faults.appends.push('neverArrives')
    const first = store.append('s', [newEvent('first')], 'any')
    await clock.sleeping(4_000)
    clock.advance(4_000)
    await clock.sleeping(25)
    const second = store.append('s', [newEvent('second')], 'any')
    clock.advance(25)
    await Promise.all([first, second])
    expect(datas(await store.readStream('s'))).to.deep.equal(['first', 'second'])
  })

  it('are not sent again behind one that was accepted meanwhile', async () => {
    const store = here.open()
    await store.append('other', [newEvent()], 'any')
    here.server.faults.appends.push('busy')
    const results = await Promise.allSettled(
      ['first', 'second'].map((data) => store.append('s', [newEvent(data)], 'any')),
    )
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled'])
    expect(datas(await store.readStream('s'))).to.deep.equal(['second'])
  })
})
