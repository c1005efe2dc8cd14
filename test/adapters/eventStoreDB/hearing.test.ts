/** What is heard of EventStoreDB as it grows, by the live tail: whether it is all there is, at the price of one read for many. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { EventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { Clock } from '#src/ports/clock.js'
import { origin } from '#src/ports/position.js'
import { handClock, type HandClock } from './handClock.js'
import { given, newEvent, newEvents, type Given } from './given.js'

describe('what is heard of EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  /** A store that follows the log, and what it has heard. How long it waits for what it should have heard is its clock's. */
  const listening = async (clock: Clock = systemClock) => {
    const store = here.open({ clock })
    const heard: string[] = []
    store.hearing?.listen((stream, revision) => heard.push(`${stream}@${revision}`))
    await here.follow(store, origin).until(0)
    return { store, heard }
  }
  /** By its clock: how long somebody waits for what should be heard, and when somebody does. */
  const patienceMs = 250
  const watchedClock = () => {
    const hand = handClock()
    let waits = 0
    const clock: HandClock = {
      ...hand,
      sleep: (ms, signal) => {
        if (ms === patienceMs) waits++
        return hand.sleep(ms, signal)
      },
    }
    const patient = async (): Promise<void> => {
      while (waits === 0) await new Promise(setImmediate)
    }
    return { clock, patient }
  }
  const caughtUp = async (store: EventStoreDB): Promise<boolean | undefined> => store.hearing?.caughtUp()

  it('is nothing, and never all, before somebody follows the log', async () => {
    const store = here.open()
    expect(await caughtUp(store)).to.equal(false)
  })

  it('is all that anybody was told before the question, in log order', async () => {
    const { store, heard } = await listening(handClock())
    const other = here.open()
    const expected: string[] = []
    for (let n = 0; n < 30; n++) {
      const stream = `s${n % 7}`
      await (n % 3 === 0 ? store : other).append(stream, [newEvent(n)], 'any')
      expected.push(`${stream}@${Math.floor(n / 7)}`)
      if (n % 4 === 0) expect([await caughtUp(store), heard]).to.deep.equal([true, expected])
    }
    expect([await caughtUp(store), heard]).to.deep.equal([true, expected])
  })

  it('is all where only events of the store itself and of other applications followed', async () => {
    const { store, heard } = await listening()
    await store.append('s', newEvents(3), 'none')
    await store.truncate('s', 1)
    expect(await caughtUp(store)).to.equal(true)
    const alien = { id: randomUUID(), type: 'Alien', contentType: 'application/json' }
    here.server.storage.append('alien', [{ ...alien, data: Buffer.from('{}'), meta: Buffer.from('{}') }], 'any')
    expect(await caughtUp(store)).to.equal(true)
    expect(heard).to.deep.equal(['s@0', 's@1', 's@2'])
  })

  it('is asked for by one read for all who asked before it began', async () => {
    const { store } = await listening()
    await store.append('s', [newEvent()], 'any')
    const before = here.server.readCount()
    const answers = await Promise.all(Array.from({ length: 50 }, () => caughtUp(store)))
    expect([new Set(answers), here.server.readCount() - before]).to.deep.equal([new Set([true]), 1])
  })

  it('is told once and in order through drops', async () => {
    const { store, heard } = await listening()
    for (let n = 0; n < 6; n++) {
      await store.append('s', newEvents(2), 'any')
      here.server.drop('tooSlow')
    }
    expect(await caughtUp(store)).to.equal(true)
    expect(heard).to.deep.equal(Array.from({ length: 12 }, (_, n) => `s@${n}`))
  })

  it('is not all while the tail is behind, which is waited for once', async () => {
    const { clock, patient } = watchedClock()
    const { store, heard } = await listening(clock)
    await store.append('s', [newEvent()], 'any')
    expect(await caughtUp(store)).to.equal(true)
    here.server.faults.silent = true
    await here.open().append('s', [newEvent()], 'any')
    const asked = caughtUp(store)
    await patient()
    clock.advance(patienceMs)
    expect(await asked).to.equal(false)
    const before = here.server.readCount()
    expect([await caughtUp(store), here.server.readCount() - before]).to.deep.equal([false, 0])
    here.server.faults.silent = false
    await here.open().append('s', [newEvent()], 'any')
    while (heard.length < 3) await new Promise(setImmediate)
    expect(await caughtUp(store)).to.equal(true)
  })

  it('leaves nobody waiting when the store is closed', async () => {
    const { clock, patient } = watchedClock()
    const { store } = await listening(clock)
    here.server.faults.silent = true
    await here.open().append('s', [newEvent()], 'any')
    const asked = caughtUp(store).catch(() => 'closed')
    await patient()
    await store.close()
    expect(await asked).to.be.oneOf([false, 'closed'])
  })
})
