/** `homeserver events import`: the log that it fills is another one, which says why, and no younger than what came along. */
import { expect } from 'chai'
import { join } from 'node:path'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { initialiseServer, serverAggregate } from '#src/commands/server/server.js'
import { streamsHere } from '#src/compose/terminal.js'
import { serverStream } from '#src/events/server.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { temporaryDirectory, type TemporaryDirectory } from '../adapters/temporaryDirectory.js'
import { silentLogger } from '../support/silentLogger.js'
import { runHere } from './runHere.js'

const long = 1_000

describe('a log that is imported at a terminal', () => {
  let place: TemporaryDirectory
  beforeEach(() => {
    place = temporaryDirectory()
  })
  afterEach(() => {
    place.remove()
  })

  const within = async <T>(directory: string, work: (events: EventStore) => Promise<T>): Promise<T> => {
    const events = await openEmbeddedEventStore({ directory, logger: silentLogger })
    try {
      return await work(events)
    } finally {
      await events.close()
    }
  }

  it('gets the id that is printed, by one event, at the time of the newest', async () => {
    const [from, to] = [join(place.path, 'from'), join(place.path, 'to')]
    const file = join(place.path, 'events.jsonl')
    // Prepares the directory.
    expect((await runHere(['keys', 'init'], { DATA_DIR: from })).code).to.equal(0)
    const command = { id: 'initialise', bodyHash: '', at: long }
    const begin = initialiseServer({ domain: 'localhost', logId: 'former', keysFingerprint: 'keys' })
    await within(from, (events) => streamsHere(events).execute(serverAggregate, serverStream, command, begin))
    expect((await runHere(['events', 'export', file], { DATA_DIR: from })).code).to.equal(0)
    const { code, out, said } = await runHere(['events', 'import', file, '--json'], { DATA_DIR: to })
    expect(code, said).to.equal(0)
    const { logId } = JSON.parse(out) as { readonly logId: string }
    expect(logId).to.not.be.oneOf(['former', ''])
    const [, ...more] = await within(to, (events) => events.readStream(serverStream))
    expect(more.map(({ type, data, meta: { at } }) => ({ type, data, at }))).to.deep.equal([
      { type: 'LogReplaced', data: { logId, reason: 'import' }, at: long },
    ])
  })
})
