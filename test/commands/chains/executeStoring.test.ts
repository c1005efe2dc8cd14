/** What a command does whose event names blobs: decided once, stored only when accepted, answered again as at first. */
import { expect } from 'chai'
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { executeStoring } from '#src/commands/chains/executeStoring.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { reserveGroupId } from '#src/commands/group/reservation.js'
import type { Group } from '#src/commands/group/fold/state.js'
import { groupStream } from '#src/events/group.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { client, domain, user } from '../people.js'

const group = makeId('group', domain, new Uint8Array(16).fill(1))
const stream = groupStream(group)
const by = { user: user(1), client: client(1) }
const reserve = reserveGroupId({ by, group, until: 1, open: 0, limits: { groupIdsReservedPerClientMax: 1 } })
const command = (id: string) => ({ id, bodyHash: id, at: 0 })
const bytes = [Uint8Array.of(1), Uint8Array.of(2)]

for (const exclusive of [true, false]) {
  describe(`a command with blobs, where ${exclusive ? 'one process' : 'several processes'} append`, () => {
    let events: EventStore
    let streams: Streams
    let stored: Uint8Array[]
    let decided: Group[]

    beforeEach(() => {
      events = { ...openMemoryEventStore(), exclusive }
      streams = make()
      stored = []
      decided = []
    })

    const make = (): Streams =>
      makeStreams({ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1e6, pause: () => Promise.resolve() })
    const execute = async (id: string, between: () => Promise<unknown> = () => Promise.resolve()) => {
      const blobs = openMemoryBlobs({ now: () => 0 })
      const put = async (one: Uint8Array) => {
        stored.push(one)
        if (stored.length === 1) await between()
        return blobs.put(one)
      }
      const { state: before } = await streams.read(groupAggregate, stream)
      const decide = (state: Group) => {
        decided.push(state)
        return reserve(state)
      }
      return executeStoring({ streams, blobs: { put } }, groupAggregate, {
        stream,
        command: command(id),
        before,
        decide,
        bytes,
      })
    }

    it('is decided once when nothing comes in between', async () => {
      expect(await execute('1')).to.include({ repeated: false })
      expect(decided).to.have.length(1)
      expect(stored).to.deep.equal(bytes)
    })

    it('is decided again on what came in between', async () => {
      const other = exclusive ? streams : make()
      const outcome = await execute('1', () => other.execute(groupAggregate, stream, command('other'), reserve))
      expect(outcome).to.deep.equal({ rejected: { code: 'already-exists', what: 'group' } })
      expect(decided.map(({ status }) => status)).to.include.members(['none', 'reserved'])
      expect(await events.readStream(stream)).to.have.length(1)
    })

    it('leaves no blobs behind when it is refused, and is answered as at first when it was not', async () => {
      const first = await execute('1')
      stored = []
      expect(await execute('2')).to.have.nested.property('rejected.code', 'already-exists')
      expect(await execute('1')).to.deep.equal({ ...first, repeated: true })
      expect(stored).to.deep.equal([])
    })
  })
}
