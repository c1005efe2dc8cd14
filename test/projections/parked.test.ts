/** What a projection cannot read is left out once and for all, and named; it keeps nobody else's event back. */
import { expect } from 'chai'
import { systemClock } from '#src/adapters/system/clock.js'
import { eventId } from '#src/streams/commandId.js'
import { messagesStream } from '#src/events/messages.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import type { LoggerFields } from '#src/ports/logger.js'
import { toPosition } from '#src/ports/position.js'
import { keepParked } from '#src/projections/parked.js'
import { silentLogger } from '../support/silentLogger.js'
import { groupNumber } from './queues/world.js'

const group = groupNumber(1)
const stored = (revision: number, data: StoredEvent['data']): StoredEvent => ({
  position: toPosition(revision + 1),
  stream: messagesStream(group),
  revision,
  id: eventId('parked', revision),
  type: 'MessageAccepted',
  data,
  meta: { v: 1, at: 5, command: 'c', bodyHash: '' },
})

describe('events that a projection cannot take', () => {
  it('are parked, named and reported once; others have their place', () => {
    const reports: unknown[] = []
    const error = (message: string, { stream, revision }: LoggerFields = {}): void => {
      reports.push({ message, stream, revision })
    }
    const parked = keepParked('queues', { logger: { ...silentLogger, error }, clock: systemClock })
    const good = stored(0, { group, epoch: '0', message: 'AAAA' })
    const bad = stored(1, { group })
    for (let time = 0; time < 2; time++) {
      expect(parked.place(good)).to.include({ position: 1, revision: 0, at: 5 })
      expect(parked.place(bad)).to.equal(undefined)
    }
    expect(parked.names()).to.deep.equal([`${bad.stream}@1`])
    expect(reports).to.deep.equal([{ message: 'event parked', stream: bad.stream, revision: 1 }])
  })

  it('may be readable and yet be more than the projection can do', () => {
    const parked = keepParked('queues', { logger: silentLogger, clock: systemClock })
    const event = stored(2, { group, epoch: '0', message: 'AAAA' })
    parked.park(event, new Error('a bug'))
    expect(parked.place(event)).to.equal(undefined)
    expect(parked.names()).to.deep.equal([`${event.stream}@2`])
  })
})
