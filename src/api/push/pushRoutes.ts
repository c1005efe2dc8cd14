/** Web Push and UnifiedPush at a queue's door: subscribe, list, remove, and say what of each group wakes. */
import { z } from 'zod'
import { changePolicies, pushAggregate, subscribe, unsubscribe } from '../../commands/push/push.js'
import { bytesOut, described, groupUri, placed, queueUri, timeOut } from '../../contract/fields.js'
import { pushPolicies, pushStream } from '../../events/push.js'
import { markOf, sealTarget, tagOf } from '../../events/form/sealedSubscription.js'
import type { Limits } from '../../limits/limits.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain, QueueId } from '../../mls/wire/ids.js'
import type { Random } from '../../ports/random.js'
import type { Streams } from '../../streams/streams.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { refuseForeignIds } from '../http/request/foreignIds.js'
import { recordedIn } from '../http/place.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { queueFor } from '../queues/queueAccess.js'
import type { QueueAccess } from '../queues/queueAccess.js'
import { pushTargetIn } from './pushTarget.js'
import type { RefusedEndpoint } from './pushTarget.js'

export type PushRoutesDependencies = QueueAccess & {
  readonly streams: Streams
  readonly random: Random
  readonly limits: Limits
  readonly domain: Domain
  /** Seals subscriptions, 32 bytes. */
  readonly pushKey: Uint8Array
  /** What new subscriptions are made for, base64url. */
  readonly vapidKey: () => string
  readonly refusedEndpoint: RefusedEndpoint
}

const tag = 'Queuing Service'
const params = z.strictObject({ queue: queueUri })
const subscriptionName = described(
  z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  'Names a subscription',
  'Vm0wd2QyVkhVWGhUV0doVg',
)
const vapidKey = bytesOut.describe('The server’s key that it was made for: an uncompressed P-256 point')
const queueTag = described(
  z.string(),
  'What the pushes of this queue say, and all that they say',
  'pZ9cD2xkQm1vY7aB3nRt5w',
)
const policy = z.enum(pushPolicies).meta({
  title: 'PushPolicy',
  description: 'all: every message; targeted: those that name the own leaf; none',
  examples: ['targeted'],
})
const policies = {
  default: policy.describe('Of groups that are not named, and of what concerns no group'),
  groups: described(z.record(groupUri, policy), 'By group', { 'mimi://localhost/g/Vm0wd2QyVkhVWGhUV0doVg': 'none' }),
}

export const pushRoutes = (deps: PushRoutesDependencies): readonly Route[] =>
  refuseForeignIds([subscribeRoute(deps), listRoute(deps), removeRoute(deps), policyRoute(deps)], deps.domain, [
    'queue',
  ])

const knows =
  ({ streams }: PushRoutesDependencies) =>
  (asked: { readonly params: { readonly queue: QueueId }; readonly command: { readonly id: string } }) =>
    streams.knows(pushAggregate, pushStream(asked.params.queue), asked.command)

const subscribeRoute = (deps: PushRoutesDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/queues/{queue}/push',
    tag,
    summary: 'Be woken by a push service',
    description:
      'What PushSubscription.toJSON() of a browser says, or what a UnifiedPush distributor gave. Endpoints are https, on port 443. One that is subscribed already is so anew, under another name. Pushes are encrypted (RFC 8291) and hold `{"tag": …}`, the same for each push of the queue.',
    access: 'any',
    params,
    body: z.strictObject({
      endpoint: described(z.string(), 'Where the push service takes messages', 'https://push.example.net/wpush/v2/abc'),
      keys: z
        .strictObject({
          p256dh: described(
            z.string(),
            'An uncompressed P-256 point, base64url',
            'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx',
          ),
          auth: described(z.string(), '16 bytes, base64url', 'BTBZMqHH6r4Tts7J_aSIgg'),
        })
        .meta({ title: 'PushReceiverKeys', description: 'What pushes are encrypted to' }),
      expirationTime: described(
        z.number().nullable(),
        'As browsers say it; the push service tells when it ends',
        1800000000000,
      ).optional(),
    }),
    success: {
      status: 201,
      body: z.object({ subscription: subscriptionName, vapidKey, tag: queueTag, ...placed }),
    },
    problems: ['no-such-queue', 'read-model-behind', 'limit-reached'],
    known: knows(deps),
    answer: async ({ principal, params: { queue }, body, command }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const target = pushTargetIn(body, deps)
      if ('rejected' in target) return target
      const { pushKey, random, streams, limits } = deps
      const made = {
        queue,
        subscription: toBase64url(random.bytes(16)),
        sealed: sealTarget(pushKey, queue, random.bytes(12), target),
        mark: markOf(pushKey, queue, target.endpoint),
        vapidKey: deps.vapidKey(),
      }
      const outcome = await streams.execute(pushAggregate, pushStream(queue), command, subscribe({ made, limits }))
      if ('rejected' in outcome) return outcome
      const [first] = outcome.recorded
      const { subscription, vapidKey } = first?.type === 'PushSubscribed' ? first.data : made
      return { status: 201, body: { subscription, vapidKey, tag: tagOf(pushKey, queue) }, ...recordedIn(outcome) }
    },
  })

const listRoute = (deps: PushRoutesDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/queues/{queue}/push',
    tag,
    summary: 'List the subscriptions of a queue',
    description: 'Never where they lead: nobody is told an endpoint again.',
    access: 'any',
    params,
    success: {
      status: 200,
      body: z.object({
        subscriptions: z
          .array(
            z
              .object({ subscription: subscriptionName, vapidKey, made: timeOut })
              .meta({ title: 'PushSubscription', description: 'A receiver of pushes' }),
          )
          .describe('The oldest first'),
        tag: queueTag,
      }),
    },
    problems: ['no-such-queue', 'read-model-behind'],
    answer: async ({ principal, params: { queue } }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const { state } = await deps.streams.read(pushAggregate, pushStream(queue))
      const subscriptions = state.subscriptions.map(({ subscription, vapidKey, made }) => ({
        subscription,
        vapidKey,
        made,
      }))
      return { status: 200, body: { subscriptions, tag: tagOf(deps.pushKey, queue) } }
    },
  })

const removeRoute = (deps: PushRoutesDependencies): Route =>
  route({
    method: 'delete',
    path: '/v1/queues/{queue}/push/{subscription}',
    tag,
    summary: 'Be woken there no more',
    description: 'Removing what is not there changes nothing.',
    access: 'any',
    params: z.strictObject({ queue: queueUri, subscription: subscriptionName }),
    success: positionOnly,
    problems: ['no-such-queue', 'read-model-behind'],
    known: knows(deps),
    answer: async ({ principal, params: { queue, subscription }, command }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const gone = unsubscribe({ queue, subscription, reason: 'requested' })
      return positionReply(await deps.streams.execute(pushAggregate, pushStream(queue), command, gone))
    },
  })

const policyRoute = (deps: PushRoutesDependencies): Route =>
  route({
    method: 'put',
    path: '/v1/queues/{queue}/push/policy',
    tag,
    summary: 'Say what wakes',
    description: 'For each group, and for all others. It wins over what a sender asks for.',
    access: 'any',
    params,
    body: z.strictObject(policies),
    success: positionOnly,
    problems: ['no-such-queue', 'read-model-behind', 'limit-reached'],
    known: knows(deps),
    answer: async ({ principal, params: { queue }, body, command }) => {
      const row = await queueFor(deps, principal, queue)
      if ('rejected' in row) return row
      const changed = changePolicies({ queue, policies: body, limits: deps.limits })
      return positionReply(await deps.streams.execute(pushAggregate, pushStream(queue), command, changed))
    },
  })
