/** Which queue a token opens: a queue's own token that queue, a client's the direct queue of the client. */
import type { QueueId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { QueueRow } from '../../projections/queues/schema.js'
import type { QueueView } from '../../projections/queues/view.js'
import type { Principal } from '../http/principal.js'

export type QueueDoor = {
  readonly view: QueueView
  /** Resolves once the read model has seen all that is in the log now; false when that took too long. */
  readonly level: () => Promise<boolean>
}

/** The queue, if it is the token's to read. Anything else is answered like a queue that does not exist (rules.md). */
export const openQueue = async (
  door: QueueDoor,
  principal: Principal,
  named: QueueId | undefined,
): Promise<QueueRow | Rejected> => {
  const found = await findQueue(door, principal)
  if (found !== undefined) return named === undefined || named === found.queue ? found : noSuchQueue
  // The token is good, so the queue is in the log: the read model has not come to it yet, or it was just deleted.
  if (!(await door.level())) return reject({ code: 'read-model-behind' })
  const again = await findQueue(door, principal)
  return again === undefined || (named !== undefined && named !== again.queue) ? noSuchQueue : again
}

const noSuchQueue: Rejected = reject({ code: 'no-such-queue' })

const findQueue = async ({ view }: QueueDoor, principal: Principal): Promise<QueueRow | undefined> => {
  if (principal.kind === 'queue') return await view.queue(principal.queue)
  if (principal.kind !== 'client') return undefined
  const direct = await view.directQueueOf(principal.client)
  return direct === undefined ? undefined : await view.queue(direct)
}
