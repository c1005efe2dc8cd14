/** A fan-out queue from its making to its end, and names that repeat without leading back to a client. */
import { expect } from 'chai'
import { createQueue, deleteQueue, queueAggregate } from '#src/commands/queue/queue.js'
import { nameQueue } from '#src/commands/queue/queueNaming.js'
import type { QueueEvent } from '#src/events/queue.js'
import { domain, queueNumber } from '../projections/queues/world.js'

const queue = queueNumber(1)
const key = { algorithm: 'Ed25519', publicKey: 'AAAA' } as const
const created: QueueEvent = { type: 'QueueCreated', data: { queue, ...key } }
const deleted: QueueEvent = { type: 'QueueDeleted', data: { queue, reason: 'requested' } }
const given = (...past: readonly QueueEvent[]) =>
  past.reduce(
    (state, event, revision) => queueAggregate.evolve(state, event, { revision, at: 0 }),
    queueAggregate.initial,
  )

describe('a fan-out queue', () => {
  it('is made once', () => {
    expect(createQueue({ queue, key })(given())).to.deep.equal({ accepted: [created] })
    expect(createQueue({ queue, key })(given(created))).to.deep.equal({
      rejected: { code: 'already-exists', what: 'queue' },
    })
    expect(createQueue({ queue, key })(given(created, deleted))).to.have.property('rejected')
  })

  it('is deleted once, and asking again is no fault', () => {
    expect(deleteQueue('requested')(given())).to.deep.equal({ rejected: { code: 'no-such-queue' } })
    expect(deleteQueue('requested')(given(created))).to.deep.equal({ accepted: [deleted] })
    expect(deleteQueue('expired')(given(created, deleted))).to.deep.equal({ accepted: [] })
  })

  it('holds its key while it is open, for whoever checks assertions', () => {
    expect(given(created)).to.deep.equal({ status: 'open', queue, key })
    expect(given(created, deleted)).to.deep.equal({ status: 'deleted', queue })
  })
})

describe('the names of a new queue', () => {
  const secret = new Uint8Array(32)
  it('repeat with the command and differ with any other, or another secret', () => {
    const first = nameQueue(secret, domain, 'command 1')
    expect(nameQueue(secret, domain, 'command 1')).to.deep.equal(first)
    expect(nameQueue(secret, domain, 'command 2').queue).to.not.equal(first.queue)
    expect(nameQueue(new Uint8Array(32).fill(1), domain, 'command 1').queue).to.not.equal(first.queue)
  })
  it('do not contain the command that asked', () => {
    expect(nameQueue(secret, domain, 'command 1').command).to.match(/^[0-9a-f-]{36}$/)
  })
})
