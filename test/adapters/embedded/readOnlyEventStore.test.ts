/** A log is read beside the server that writes it. */
import { expect } from 'chai'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openEmbeddedLogForReading } from '#src/adapters/embedded/log/readOnlyEventStore.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { newEvent } from '../../ports/eventStore.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

describe('the embedded log, opened for reading beside its server', () => {
  it('shows and follows what the server writes, and writes nothing', async () => {
    const directory = temporaryDirectory()
    const server = await openEmbeddedEventStore({ directory: directory.path })
    await server.append('stream', [newEvent('first')], 'none')
    const beside = openEmbeddedLogForReading({ directory: directory.path })
    const stop = new AbortController()
    const seen: unknown[] = []
    for await (const { events, live } of beside.follow({ after: origin, signal: stop.signal })) {
      seen.push(...events.map(({ data }) => data))
      if (live && seen.length === 1) await server.append('stream', [newEvent('second')], 0)
      if (seen.length === 2) stop.abort()
    }
    expect(seen).to.deep.equal(['first', 'second'])
    expect(await beside.readAll({ after: origin })).to.deep.equal(await server.readAll({ after: origin }))
    expect(await beside.readStream('stream')).to.deep.equal(await server.readStream('stream'))
    expect(await beside.last('stream')).to.deep.equal(await server.last('stream'))
    expect(await beside.head()).to.equal(await server.head())
    const refused = await beside.append('stream', [newEvent()], 'any').catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(StoreUnavailable)
    await beside.close()
    await server.truncate('stream', 1)
    await server.close()
    directory.remove()
  })

  it('is refused where there is no log', () => {
    const directory = temporaryDirectory()
    expect(() => openEmbeddedLogForReading({ directory: directory.path })).to.throw(Error)
    directory.remove()
  })
})
