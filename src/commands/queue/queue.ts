/** A fan-out queue: made with its own key, deleted by whoever holds that key, expired when nobody fetches (docs/rules.md). */
import { parseQueueEvent, queueShapes } from '../../events/queue.js'
import type { QueueEvent } from '../../events/queue.js'
import type { SignatureAlgorithm } from '../../mls/crypto/servedSuites.js'
import type { QueueId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

export type QueueKey = { readonly algorithm: SignatureAlgorithm; readonly publicKey: string }

export type Queue =
  | { readonly status: 'none' }
  /** `publicKey`, base64url: raw Ed25519, or the uncompressed point. Assertions by it open the queue. */
  | { readonly status: 'open'; readonly queue: QueueId; readonly key: QueueKey }
  | { readonly status: 'deleted'; readonly queue: QueueId }

export type CreateQueue = { readonly queue: QueueId; readonly key: QueueKey }

export const createQueue: Decider<CreateQueue, Queue, QueueEvent> =
  ({ queue, key }) =>
  (state) =>
    state.status === 'none'
      ? accept({ type: 'QueueCreated', data: { queue, ...key } })
      : reject({ code: 'already-exists', what: 'queue' })

/** Deleting what is deleted already is no fault: the answer is the same. */
export const deleteQueue: Decider<'requested' | 'expired' | 'operator', Queue, QueueEvent> = (reason) => (state) => {
  switch (state.status) {
    case 'none':
      return reject({ code: 'no-such-queue' })
    case 'open':
      return accept({ type: 'QueueDeleted', data: { queue: state.queue, reason } })
    case 'deleted':
      return accept()
  }
}

const evolve = (_state: Queue, event: QueueEvent): Queue => {
  switch (event.type) {
    case 'QueueCreated': {
      const { queue, algorithm, publicKey } = event.data
      return { status: 'open', queue, key: { algorithm, publicKey } }
    }
    case 'QueueDeleted':
      return { status: 'deleted', queue: event.data.queue }
  }
}

export const queueAggregate: Aggregate<Queue, QueueEvent> = {
  name: 'queue',
  initial: { status: 'none' },
  shapes: queueShapes,
  parse: parseQueueEvent,
  evolve,
  weigh: () => 500,
}
