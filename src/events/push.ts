/** Facts about how a queue's owner is woken, in `push-<queue's random id>`. No fact here can be read without the server's keys. */
import { z } from 'zod'
import type { QueueId } from '../mls/wire/ids.js'
import { bytes, digest, queueId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

/** What of a group wakes: every message, those that name the own leaf alone, or none. */
export const pushPolicies = ['all', 'targeted', 'none'] as const
const policy = z.enum(pushPolicies)
export type PushPolicy = z.infer<typeof policy>

export const pushShapes = {
  /**
   * `sealed`: endpoint and keys under the bundle's push key, the queue's id as AAD. `mark`: a keyed hash of endpoint and queue, so
   * that one who subscribes again is known. `vapidKey`: the public key that the endpoint was made for.
   */
  PushSubscribed: {
    schema: z.object({ queue: queueId, subscription: bytes, sealed: bytes, mark: digest, vapidKey: bytes }),
  },
  PushUnsubscribed: {
    schema: z.object({
      queue: queueId,
      subscription: bytes,
      reason: z.enum(['requested', 'replaced', 'gone']),
    }),
  },
  /** Group id → what of it wakes; `default` for all others. */
  PushPolicyChanged: { schema: z.object({ queue: queueId, default: policy, groups: z.record(z.string(), policy) }) },
} as const
export type PushEvent = EventOf<typeof pushShapes>
export const parsePushEvent = parserOf(pushShapes)
export const pushStream = (queue: QueueId): string => streamOf('push', queue)
