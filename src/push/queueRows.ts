/** The rows of what a queue's owner said, and of a queue that is no more. */
import type { PushEvent } from '../events/push.js'
import type { QueueId } from '../mls/wire/ids.js'
import type { Rows } from '../projections/projection.js'
import { queueOf } from './schema.js'
import type { QueueRow, Receiver } from './schema.js'

/** The wake of a queue that has no receiver any more goes with the last one. */
export const changeQueue = async (event: PushEvent, rows: Rows): Promise<void> => {
  const { queue } = event.data
  const row = await rows.get('queues', [queue])
  const known: QueueRow = row === undefined ? { queue, receivers: [], default: 'all', groups: {} } : queueOf(row)
  const { subscribed: _, ...changed } = { ...known, ...changeBy(event, known) }
  if (changed.receivers.length === 0) rows.remove('wakes', [queue])
  rows.put('queues', changed.receivers.length === 0 ? changed : { ...changed, subscribed: 1 })
}

const changeBy = ({ type, data }: PushEvent, { receivers }: QueueRow): Partial<QueueRow> => {
  switch (type) {
    case 'PushSubscribed': {
      const { subscription, sealed, vapidKey } = data
      return { receivers: [...without(receivers, subscription), { subscription, sealed, vapidKey }] }
    }
    case 'PushUnsubscribed':
      return { receivers: without(receivers, data.subscription) }
    case 'PushPolicyChanged':
      return { default: data.default, groups: data.groups }
  }
}

const without = (receivers: readonly Receiver[], gone: string): readonly Receiver[] =>
  receivers.filter(({ subscription }) => subscription !== gone)

/** Whether its owner had said anything: then somebody may know it as a member of groups. */
export const dropQueue = async (queue: QueueId, rows: Rows): Promise<boolean> => {
  if ((await rows.get('wakes', [queue])) !== undefined) rows.remove('wakes', [queue])
  if ((await rows.get('queues', [queue])) === undefined) return false
  rows.remove('queues', [queue])
  return true
}
