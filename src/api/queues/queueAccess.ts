/** Which queue a token opens: a queue's own token that queue, a client's the direct queue of the client. */
import type { Acknowledgements } from '../../delivery/acknowledgements.js'
import type { QueueId } from '../../mls/wire/ids.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { QueueRow } from '../../projections/queues/schema.js'
import type { QueueView } from '../../projections/queues/view.js'
import type { Principal } from '../principal.js'
import type { HeldCursor } from '../http/request/heldCursor.js'

export type QueueAccess = {
  readonly view: QueueView
  /** Resolves once the read model has seen all that is in the log now; false when that took too long. */
  readonly level: () => Promise<boolean>
  readonly heldCursor: HeldCursor
}

/** The queue, if it is the token's to read. Anything else is answered like a queue that does not exist. */
export const queueFor = async (
  access: QueueAccess,
  principal: Principal,
  named: QueueId | undefined,
): Promise<QueueRow | Rejected> => {
  const found = await findQueue(access, principal)
  if (found !== undefined) return named === undefined || named === found.queue ? found : noSuchQueue
  // The token is good, so the queue is in the log: the read model has not come to it yet, or it was just deleted.
  if (!(await access.level())) return reject({ code: 'read-model-behind' })
  const again = await findQueue(access, principal)
  return again === undefined || (named !== undefined && named !== again.queue) ? noSuchQueue : again
}

const noSuchQueue: Rejected = reject({ code: 'no-such-queue' })

const findQueue = async ({ view }: QueueAccess, principal: Principal): Promise<QueueRow | undefined> => {
  if (principal.kind === 'queue') return await view.queue(principal.queue)
  if (principal.kind !== 'client') return undefined
  const direct = await view.directQueueOf(principal.client)
  return direct === undefined ? undefined : await view.queue(direct)
}

type Reading = { readonly acknowledgements: Acknowledgements; readonly heldCursor: HeldCursor }

/** Where reading goes on: after the cursor, or after what was acknowledged. */
export const startOf = async (
  reading: Reading,
  row: QueueRow,
  cursor: string | undefined,
): Promise<{ readonly position: Position } | Rejected> =>
  cursor === undefined ? { position: acknowledgedIn(reading, row) } : reading.heldCursor(cursor)

/** Up to where the queue was acknowledged, here or as the read model has it. */
export const acknowledgedIn = (
  { acknowledgements }: Pick<Reading, 'acknowledgements'>,
  { queue, acknowledged }: QueueRow,
): Position => toPosition(Math.max(acknowledged, acknowledgements.acknowledged(queue)))
