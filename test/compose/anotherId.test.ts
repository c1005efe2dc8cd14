/** A log that becomes another one: once, and without a word about what time it is. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { initialiseServer, serverAggregate } from '#src/commands/server/server.js'
import { giveAnotherId, rollbackOf } from '#src/compose/stores/rollback.js'
import { streamsHere } from '#src/compose/terminal.js'
import { serverStream } from '#src/events/server.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { toPosition } from '#src/ports/position.js'

const long = 1_000

describe('a log that gets another id', () => {
  let events: EventStore
  beforeEach(async () => {
    events = openMemoryEventStore()
    const begin = initialiseServer({ domain: 'localhost', logId: 'former', keysFingerprint: 'keys' })
    const command = { id: 'initialise', bodyHash: '', at: long }
    await streamsHere(events).execute(serverAggregate, serverStream, command, begin)
  })
  const another = (): Promise<string> =>
    giveAnotherId({ events, streams: streamsHere(events), random: systemRandom }, 'former', 'restore')

  it('gets one, however often and by how many it is asked for', async () => {
    const ids = await Promise.all([another(), another(), another()])
    expect(new Set([...ids, await another()]).size).to.equal(1)
    const { state } = await streamsHere(events).read(serverAggregate, serverStream)
    expect(state).to.include({ logId: ids[0] })
    expect(ids[0]).to.not.equal('former')
  })

  it('is as old as it was: the next start still finds how long nothing was written', async () => {
    await another()
    expect((await events.newest())?.meta.at).to.equal(long)
  })

  it('is not behind what stands within it, whatever was truncated, nor behind what follows another log', async () => {
    const [first] = await events.readStream(serverStream)
    const last = { stream: serverStream, revision: 0, id: first?.id ?? '' }
    const at = (name: string, position: number, more = {}) => ({
      ...{ name, logId: 'former', position: toPosition(position) },
      ...more,
    })
    const within = [at('one', 1, { last }), at('two', 0), at('three', 9, { logId: 'another' })]
    expect(await rollbackOf(events, 'former', within, toPosition(1))).to.equal(undefined)
    await another()
    await events.truncate(serverStream, 1)
    expect(await rollbackOf(events, 'former', within, toPosition(2))).to.equal(undefined)
    const lost = [...within, at('four', 2, { last: { ...last, revision: 5 } })]
    expect(await rollbackOf(events, 'former', lost, toPosition(2))).to.deep.equal({
      head: 2,
      name: 'four',
      position: 2,
    })
    const ahead = [...within, at('five', 3), at('six', 7), at('seven', 5)]
    expect(await rollbackOf(events, 'former', ahead, toPosition(2))).to.deep.equal({
      head: 2,
      name: 'six',
      position: 7,
    })
  })
})
