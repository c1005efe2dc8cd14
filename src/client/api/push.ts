/** The routes of pushes, at the door of the fan-out queue: subscriptions, and what of each group wakes. */
import type { GroupId, QueueId } from '../../mls/wire/ids.js'
import type { Caller, Json } from './caller.js'

/** What of a group wakes its members who are away. */
export type PushPolicy = (typeof pushPolicies)[number]
export const pushPolicies = ['all', 'targeted', 'none'] as const

export type PushPolicies = { readonly default: PushPolicy; readonly groups: { readonly [group: GroupId]: PushPolicy } }

/** Where pushes go, and the keys that they are encrypted to (RFC 8291), base64url. */
export type PushTarget = {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** `vapidKey`: the server's, that it is for; `tag`: what each push of the queue says. */
export type PushSubscribed = { readonly subscription: string; readonly vapidKey: string; readonly tag: string }

const at = (queue: QueueId): string => `/v1/queues/${encodeURIComponent(queue)}/push`

export const pushApi = ({ asQueue }: Pick<Caller, 'asQueue'>) => ({
  subscribe: async (idempotencyKey: string, queue: QueueId, target: PushTarget) => {
    const { json } = await asQueue({ method: 'POST', path: at(queue), idempotencyKey, json: target })
    return json as Json & PushSubscribed
  },
  /** The ids of those that there are. */
  list: async (queue: QueueId) => {
    const { json } = await asQueue({ method: 'GET', path: at(queue) })
    const { subscriptions, tag } = json as { readonly subscriptions: readonly PushSubscribed[]; readonly tag: string }
    return { subscriptions: subscriptions.map(({ subscription }) => subscription), tag }
  },
  unsubscribe: async (idempotencyKey: string, queue: QueueId, subscription: string): Promise<void> => {
    await asQueue({ method: 'DELETE', path: `${at(queue)}/${subscription}`, idempotencyKey })
  },
  setPolicies: async (idempotencyKey: string, queue: QueueId, json: PushPolicies): Promise<void> => {
    await asQueue({ method: 'PUT', path: `${at(queue)}/policy`, idempotencyKey, json })
  },
})
