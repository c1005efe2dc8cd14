/** How a queue's owner is woken: subscriptions that come and go, and what of each group wakes (docs/rules.md). */
import { parsePushEvent, pushShapes } from '../../events/push.js'
import type { PushEvent, PushPolicy } from '../../events/push.js'
import type { Limits } from '../../limits/limits.js'
import type { QueueId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

export type Subscription = {
  readonly subscription: string
  readonly mark: string
  readonly vapidKey: string
  /** ms since 1970. */
  readonly made: number
}

export type PushPolicies = { readonly default: PushPolicy; readonly groups: Readonly<Record<string, PushPolicy>> }

export type Push = { readonly subscriptions: readonly Subscription[]; readonly policies: PushPolicies }

type Subscribed = Extract<PushEvent, { type: 'PushSubscribed' }>['data']
type PushLimits = Pick<Limits, 'pushSubscriptionsPerQueueMax' | 'pushGroupPoliciesMax'>

export type Subscribe = { readonly made: Subscribed; readonly limits: PushLimits }

/** An endpoint that is subscribed already is so anew: its keys may be others. */
export const subscribe: Decider<Subscribe, Push, PushEvent> =
  ({ made, limits }) =>
  ({ subscriptions }) => {
    const replaced = subscriptions.filter(({ mark }) => mark === made.mark)
    if (subscriptions.length - replaced.length >= limits.pushSubscriptionsPerQueueMax)
      return reject({
        code: 'limit-reached',
        limit: 'pushSubscriptionsPerQueueMax',
        max: limits.pushSubscriptionsPerQueueMax,
      })
    const gone = replaced.map(({ subscription }): PushEvent => ended(made.queue, subscription, 'replaced'))
    return accept<PushEvent>({ type: 'PushSubscribed', data: made }, ...gone)
  }

export type Unsubscribe = {
  readonly queue: QueueId
  readonly subscription: string
  readonly reason: 'requested' | 'gone'
}

/** Ending what has ended, or never was, is no fault: the answer is the same. */
export const unsubscribe: Decider<Unsubscribe, Push, PushEvent> =
  ({ queue, subscription, reason }) =>
  ({ subscriptions }) =>
    subscriptions.some((one) => one.subscription === subscription)
      ? accept(ended(queue, subscription, reason))
      : accept()

export type ChangePolicies = { readonly queue: QueueId; readonly policies: PushPolicies; readonly limits: PushLimits }

export const changePolicies: Decider<ChangePolicies, Push, PushEvent> =
  ({ queue, policies, limits }) =>
  ({ policies: before }) => {
    if (Object.keys(policies.groups).length > limits.pushGroupPoliciesMax)
      return reject({ code: 'limit-reached', limit: 'pushGroupPoliciesMax', max: limits.pushGroupPoliciesMax })
    return same(before, policies) ? accept() : accept({ type: 'PushPolicyChanged', data: { queue, ...policies } })
  }

const ended = (queue: QueueId, subscription: string, reason: 'requested' | 'replaced' | 'gone'): PushEvent => ({
  type: 'PushUnsubscribed',
  data: { queue, subscription, reason },
})

const same = (one: PushPolicies, other: PushPolicies): boolean => {
  const groups = Object.entries(one.groups)
  return (
    one.default === other.default &&
    groups.length === Object.keys(other.groups).length &&
    groups.every(([group, policy]) => other.groups[group] === policy)
  )
}

const everything: PushPolicies = { default: 'all', groups: {} }

const evolve = (state: Push, event: PushEvent, { at }: { readonly at: number }): Push => {
  switch (event.type) {
    case 'PushSubscribed': {
      const { subscription, mark, vapidKey } = event.data
      return { ...state, subscriptions: [...state.subscriptions, { subscription, mark, vapidKey, made: at }] }
    }
    case 'PushUnsubscribed': {
      const { subscription: gone } = event.data
      return { ...state, subscriptions: state.subscriptions.filter(({ subscription }) => subscription !== gone) }
    }
    case 'PushPolicyChanged':
      return { ...state, policies: { default: event.data.default, groups: event.data.groups } }
  }
}

export const pushAggregate: Aggregate<Push, PushEvent> = {
  name: 'push',
  initial: { subscriptions: [], policies: everything },
  shapes: pushShapes,
  parse: parsePushEvent,
  evolve,
  weigh: ({ subscriptions, policies }) => 300 + subscriptions.length * 400 + Object.keys(policies.groups).length * 120,
}
