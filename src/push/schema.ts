/** The tables of pushes: who may be pushed, and who is to be woken. */
import type { PushPolicy, PushEvent } from '../events/push.js'
import type { QueueId } from '../mls/wire/ids.js'
import type { Row, Schema } from '../ports/readModels.js'

export const pushSchema: Schema = {
  name: 'push',
  version: 1,
  tables: {
    /** What a queue's owner said: receivers and policies; `subscribed` (1) only where there is a receiver. */
    queues: { key: ['queue'], indexes: { bySubscribed: ['subscribed'] } },
    /** Queues that were woken since they last acknowledged, or are to be: `due` only while they are to be. */
    wakes: { key: ['queue'], indexes: { byDue: ['due'], byWaiting: ['waiting'] } },
  },
}

export type Receiver = Pick<
  Extract<PushEvent, { type: 'PushSubscribed' }>['data'],
  'subscription' | 'sealed' | 'vapidKey'
>

export type QueueRow = {
  readonly queue: QueueId
  readonly receivers: readonly Receiver[]
  readonly default: PushPolicy
  readonly groups: { readonly [group: string]: PushPolicy }
  readonly subscribed?: 1
}

/** Of one queue, from what woke it until it acknowledges that. */
export type WakeRow = {
  readonly queue: QueueId
  /** Where what it is woken for stands, which also tells one wake of a queue from the next. */
  readonly begun: number
  /** The newest that would have woken it. */
  readonly last: number
  readonly urgency: 'urgent' | 'normal'
  /** When it is tried (again), ms; absent once it was told. */
  readonly due?: number
  /** `begun`, as long as a rebuild must find it again. */
  readonly waiting?: number
  /** Its owner is reading: told again only after a while. */
  readonly resting?: true
  /** Receivers that have been told, while others have not. */
  readonly given?: readonly string[]
  /** Tries that failed one after another, and when the first did, ms. */
  readonly failures?: number
  readonly since?: number
  /** When it was told, ms. */
  readonly toldAt?: number
}

export const queueOf = (row: Row): QueueRow => row as unknown as QueueRow
export const wakeOf = (row: Row): WakeRow => row as unknown as WakeRow
