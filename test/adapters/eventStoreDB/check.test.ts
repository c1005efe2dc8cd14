/** What the adapter says about a server that it cannot use. */
import { expect } from 'chai'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { failure, given, newEvent, type Given } from './given.js'
import { handClock } from './handClock.js'
import { quietLogger } from './quietLogger.js'

describe('the check of EventStoreDB', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())
  const where = () => `EventStoreDB at 127.0.0.1:${here.server.port}`

  it('finds nothing wrong with a good server, and learns its version', async () => {
    const store = here.open()
    expect(store.description).to.equal('EventStoreDB')
    expect(store.experience).to.equal(undefined)
    expect(await store.check()).to.deep.equal([])
    expect(store.description).to.equal('EventStoreDB 23.10.0')
    expect(store.experience).to.equal('tried with EventStoreDB 23.10.6, EventStoreDB 24.10.2, KurrentDB 25.0.0')
  })

  const versions: readonly (readonly [string, string, RegExp])[] = [
    ['24.10.9', 'EventStoreDB 24.10.9', /^tried with/],
    ['25.0.1', 'KurrentDB 25.0.1', /^tried with/],
    ['24.6.0', 'EventStoreDB 24.6.0', /^not tried with 24.6, but with .*23.10.6/],
    ['26.0.0', 'KurrentDB 26.0.0', /^not tried with 26.0/],
  ]
  for (const [version, name, experience] of versions) {
    it(`calls ${version} by its name, and says what is known of it`, async () => {
      here.server.faults.version = version
      const store = here.open()
      expect(await store.check()).to.deep.equal([])
      expect(store.description).to.equal(name)
      expect(store.experience).to.match(experience)
    })
  }

  it('names a server that is not there', async () => {
    const store = here.open()
    here.server.kill()
    const reasons = await store.check()
    expect(reasons).to.have.length(1)
    expect(reasons[0]).to.match(/^EventStoreDB at 127\.0\.0\.1:\d+ is unreachable: .*ECONNREFUSED[^\n]*$/)
    await here.server.restart()
    expect(await store.check()).to.deep.equal([])
  })

  it('names a server that does not answer', async () => {
    const clock = handClock()
    const store = here.open({ clock })
    here.server.stall()
    const checking = store.check()
    await clock.sleeping(4_000)
    clock.advance(4_000)
    expect((await checking).join()).to.match(/is unreachable: .*no answer within 4000 ms$/)
  })

  it('names missing rights', async () => {
    here.server.faults.denied = true
    const store = here.open()
    expect(await store.check()).to.deep.equal([
      `${where()} does not authorise this process: its URL needs the credentials of an administrator`,
    ])
  })

  it('names a wrong version', async () => {
    for (const version of ['22.10.3', '20.10.4', '5.0.11']) {
      here.server.faults.version = version
      expect((await here.open().check()).join()).to.equal(
        `${where()} has the wrong version: ${version}, and 23.10 or newer is needed`,
      )
    }
    here.server.faults.version = '24.2.0'
    expect(await here.open().check()).to.deep.equal([])
  })

  it('names a clock that is more than five seconds away', async () => {
    here.server.faults.clockAheadMs = 60_000
    expect((await here.open().check()).join()).to.match(
      /^the clock of EventStoreDB at .* is (59|60|61) s ahead of this machine's$/,
    )
    here.server.faults.clockAheadMs = -60_000
    expect((await here.open().check()).join()).to.match(/ is (59|60|61) s behind this machine's$/)
    here.server.faults.clockAheadMs = 3_000
    expect(await here.open().check()).to.deep.equal([])
  })

  it('refuses a URL that it does not understand without showing its password', () => {
    for (const url of [
      'http://admin:secret@localhost:2113',
      'esdb://',
      'esdb://admin:secret@localhost:2113?tsl=false',
      'esdb://admin:secret@localhost:port?tls=false',
      'esdb://admin:secret@localhost:2113?tlsCAFile=/nowhere/secret.pem',
    ]) {
      const open = () => openEventStoreDB({ url, logger: quietLogger(), clock: handClock() })
      expect(open, url).to.throw(/EventStoreDB URL/)
      expect(open).not.to.throw(/secret/)
    }
  })

  it('refuses work after close, and waits for work before it', async () => {
    const store = here.open()
    const appending = store.append('s', [newEvent()], 'none')
    await store.close()
    expect(await appending).to.include({ status: 'appended' })
    expect(String(await failure(store.head()))).to.match(/closed/)
  })
})
