/** Facts about a fan-out queue, in `queue-<random id>`. No fact joins a queue to its owner (docs/rules.md, "Two kinds of queue"). */
import { z } from 'zod'
import { signatureAlgorithms } from '../mls/crypto/servedSuites.js'
import type { QueueId } from '../mls/wire/ids.js'
import { bytes, queueId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

export const queueShapes = {
  /** The queue's own key: assertions by it open the queue. */
  QueueCreated: {
    schema: z.object({ queue: queueId, algorithm: z.enum(signatureAlgorithms), publicKey: bytes }),
  },
  QueueDeleted: { schema: z.object({ queue: queueId, reason: z.enum(['requested', 'expired', 'operator']) }) },
} as const
export type QueueEvent = EventOf<typeof queueShapes>
export const parseQueueEvent = parserOf(queueShapes)
export const queueStream = (queue: QueueId): string => streamOf('queue', queue)
