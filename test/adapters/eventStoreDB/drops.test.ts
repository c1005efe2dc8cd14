/** Following EventStoreDB through what breaks a subscription: nothing is lost, doubled or reordered. */
import { expect } from 'chai'
import { jsonLog } from '#src/adapters/system/logger.js'
import type { Batch } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { datas, given, newEvent, newEvents, type Given } from './given.js'
import type { Drop } from './server/faults.js'

describe('a follower of EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  const drops: readonly Drop[] = ['tooSlow', 'unavailable', 'internal', 'quiet']
  for (const how of drops)
    it(`goes on after a drop (${how})`, async () => {
      const store = here.open()
      const follower = here.follow(store, origin)
      await follower.until(0)
      for (let n = 0; n < 5; n++) {
        await store.append('s', [newEvent(n)], 'any')
        here.server.drop(how)
      }
      await follower.until(5)
      expect(datas(follower.events)).to.deep.equal([0, 1, 2, 3, 4])
    })

  it('says in the log of the operator why it was dropped', async () => {
    const lines: string[] = []
    const logger = jsonLog('info', (line) => lines.push(line), Date.now)
    const store = here.open({ logger })
    const follower = here.follow(store, origin)
    await follower.until(0)
    await store.append('s', [newEvent()], 'any')
    await follower.until(1)
    here.server.drop('tooSlow')
    await store.append('s', [newEvent()], 'any')
    await follower.until(2)
    expect(lines.join('')).to.match(/"message":"subscription dropped","reason":"[^"]*Consumer too slow/)
  })

  it('is not held up by being dropped as too slow, again and again', async () => {
    here.server.faults.liveBufferMax = 10
    const store = here.open()
    const follower = here.follow(store, origin)
    await follower.until(0)
    for (let n = 0; n < 6; n++) await store.append('s', newEvents(500), 'any')
    await follower.until(3_000)
    expect(follower.events.map(({ revision }) => revision)).to.deep.equal(Array.from({ length: 3_000 }, (_, n) => n))
    expect(here.logger.lines.filter((line) => line.includes('too slow'))).not.to.deep.equal([])
  })

  it('reads again when it has fallen behind, and holds nobody up', async () => {
    const store = here.open({ seatLimits: { bufferedEvents: 3, bufferedBytes: 1_000_000 } })
    const stop = new AbortController()
    const slow = store.follow({ after: origin, signal: stop.signal })[Symbol.asyncIterator]()
    expect((await slow.next()).value).to.deep.equal({ events: [], live: true })
    const waiting = slow.next()
    const fast = here.follow(store, origin)
    await fast.until(0)
    for (let n = 0; n < 4; n++) await store.append('s', newEvents(50), 'any')
    await fast.until(200)
    const seen = [...((await waiting).value as Batch).events]
    while (seen.length < 200) seen.push(...((await slow.next()).value as Batch).events)
    expect(seen).to.deep.equal(fast.events)
    stop.abort()
    expect((await slow.next()).done).to.equal(true)
  })

  it('shares one subscription with all the others', async () => {
    const store = here.open()
    const followers = Array.from({ length: 20 }, () => here.follow(store, origin))
    await Promise.all(followers.map((follower) => follower.until(0)))
    await store.append('s', newEvents(3), 'none')
    await Promise.all(followers.map((follower) => follower.until(3)))
    expect(here.server.subscriptionCount()).to.equal(1)
  })

  it('gets the first survivor of a scavenge that took away the event it stood at', async () => {
    const store = here.open()
    const follower = here.follow(store, origin)
    await follower.until(0)
    await store.append('s', [newEvent('taken away')], 'none')
    await follower.until(1)
    here.server.kill()
    const { storage } = here.server
    storage.append('s', [raw('survivor')], 'any')
    storage.append('$$s', [raw({ $tb: 1 }, '$metadata')], 'any')
    storage.scavenge()
    await here.server.restart()
    await store.append('s', [newEvent('after')], 'any')
    await follower.until(3)
    expect(datas(follower.events)).to.deep.equal(['taken away', 'survivor', 'after'])
  })

  it('survives the death of the server, and of every append under way', async () => {
    const store = here.open()
    const follower = here.follow(store, origin)
    await follower.until(0)
    for (let round = 0; round < 3; round++) {
      const appends = Promise.all(Array.from({ length: 40 }, (_, n) => store.append('s', [newEvent(n)], 'any')))
      here.server.kill()
      await here.server.restart()
      await appends
    }
    await follower.until(120)
    const read = await store.readStream('s')
    expect(follower.events).to.deep.equal(read)
    expect(read).to.have.length(120)
  })

  it('waits for a server that is not ready', async () => {
    here.server.faults.notReady = true
    const store = here.open()
    const follower = here.follow(store, origin)
    const appending = store.append('s', [newEvent('at last')], 'none')
    expect((await store.check()).join()).to.match(/not ready: .*Server Is Not Ready/)
    here.server.faults.notReady = false
    await appending
    await follower.until(1)
    expect(datas(follower.events)).to.deep.equal(['at last'])
  })

  it('leaves no subscription behind when its store is closed', async () => {
    const store = here.open()
    const follower = here.follow(store, origin)
    await follower.until(0)
    await store.append('s', [newEvent()], 'any')
    await follower.until(1)
    const gone = here.server.subscriptionsGone()
    await store.close()
    await gone
    expect(here.server.subscriptionCount()).to.equal(0)
  })
})

const raw = (data: unknown, type = 'AdapterTested') => ({
  id: crypto.randomUUID(),
  type,
  contentType: type.startsWith('$') ? 'application/json' : 'application/octet-stream',
  data: Buffer.from(JSON.stringify(data)),
  meta: Buffer.from('{"v":1,"at":1,"command":"","bodyHash":""}'),
})
