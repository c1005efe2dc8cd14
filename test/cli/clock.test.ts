/** `homeserver clock accept`: an operator's word about the clock, in the log of a server that stands still. */
import { expect } from 'chai'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { holdClock, initialiseServer, serverAggregate } from '#src/commands/server/server.js'
import type { ServerState } from '#src/commands/server/server.js'
import type { ServerEvent } from '#src/events/server.js'
import { serverStream } from '#src/events/server.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import type { Decide } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import { runCli } from './runCli.js'
import type { Ran } from './runCli.js'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import type { TemporaryDirectory } from '../adapters/temporaryDirectory.js'

const dayMs = 24 * 60 * 60 * 1_000

describe('the word of an operator about the clock', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })

  const accept = (): Promise<Ran> => runCli(['clock', 'accept', '--data-dir', directory.path])

  const served = async (at: number, ...decisions: readonly Decide<ServerState, ServerEvent>[]): Promise<void> => {
    const events = await openEmbeddedEventStore({ directory: directory.path })
    const pause = (): Promise<void> => Promise.resolve()
    const streams = makeStreams({ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1_000_000, pause })
    const first = initialiseServer({ domain: 'example.org', logId: 'log1', keysFingerprint: 'keys' })
    for (const [n, decide] of [first, ...decisions].entries()) {
      await streams.execute(serverAggregate, serverStream, { id: `test ${n}`, bodyHash: '', at }, decide)
    }
    await events.close()
  }
  const newest = async (): Promise<StoredEvent | undefined> => {
    const events = await openEmbeddedEventStore({ directory: directory.path })
    const found = await events.newest()
    await events.close()
    return found
  }

  it('is an event that ends the doubt, and names the time that nobody could use', async () => {
    const believed = Date.now() - 100 * dayMs
    await served(Date.now() - 30 * dayMs, holdClock({ process: 'a', believed }))
    const before = Date.now()
    const { code, out } = await accept()
    expect(code).to.equal(0)
    const said = Date.parse(out.replace('clock ', ''))
    expect(said).to.be.within(before - 1, Date.now())
    const event = await newest()
    expect([event?.type, event?.data]).to.deep.equal([
      'ClockAccepted',
      { by: 'operator', skipped: { from: believed, until: said } },
    ])
  })

  it('counts from the newest event where nobody doubted', async () => {
    const at = Date.now() - 50 * dayMs
    await served(at)
    expect((await accept()).code).to.equal(0)
    const event = await newest()
    expect(event?.data).to.have.nested.property('skipped.from', at)
  })

  it('skips nothing where the log is ahead of the clock', async () => {
    await served(Date.now() + 50 * dayMs)
    expect((await accept()).code).to.equal(0)
    expect((await newest())?.data).to.deep.equal({ by: 'operator' })
  })

  it('is refused for a log that was never served', async () => {
    await (await openEmbeddedEventStore({ directory: directory.path })).close()
    expect(await accept()).to.deep.equal({ code: 78, out: '', said: 'homeserver: this log has never been served' })
  })

  it('is refused beside a server that has the directory', async () => {
    await served(Date.now())
    const events = await openEmbeddedEventStore({ directory: directory.path })
    const { code, said } = await accept()
    expect([code, said]).to.satisfy(
      ([status, line]: [number, string]) => status === 75 && line.includes(directory.path),
    )
    await events.close()
  })
})
