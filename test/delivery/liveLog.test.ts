/** The log from now on: a message that the store holds twice is delivered once, where the store may do that. */
import { expect } from 'chai'
import { firstValueFrom, toArray } from 'rxjs'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { liveLog } from '#src/delivery/liveLog.js'
import { eventId } from '#src/streams/commandId.js'
import { messagesStream } from '#src/events/messages.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { silentLogger } from '../support/silentLogger.js'
import { groupNumber, logId, openSealed } from '../projections/queues/world.js'

const group = groupNumber(1)
const message = (position: number, id: string): StoredEvent => ({
  position: toPosition(position),
  stream: messagesStream(group),
  revision: position - 1,
  id: eventId(id, 0),
  type: 'MessageAccepted',
  data: { group, epoch: '0', message: 'AAAA' },
  meta: { v: 1, at: 5, command: id, bodyHash: '' },
})

describe('the live log', () => {
  const delivered = async (mayRepeat: boolean): Promise<readonly number[]> => {
    const follow = async function* () {
      yield await Promise.resolve({ events: [message(1, 'a'), message(2, 'b')], live: false })
      yield { events: [message(3, 'a')], live: true }
    }
    const signal = new AbortController().signal
    const events = { ...openMemoryEventStore(), follow }
    const live = liveLog(
      { events, mayRepeat, open: openSealed, logId, logger: silentLogger },
      { after: origin, signal },
    )
    const batches = await firstValueFrom(live.pipe(toArray()))
    return batches.flatMap((batch) => batch.delivered.map(({ position }) => Number(position)))
  }

  it('delivers once what a store has let in again under the same id', async () => {
    expect(await delivered(true)).to.deep.equal([1, 2])
  })

  it('remembers no ids where the store never does that', async () => {
    expect(await delivered(false)).to.deep.equal([1, 2, 3])
  })
})
