/** The queues open on one websocket: opened for whom they belong to, acknowledged, and let go of. */
import type { Acknowledgements } from '../../delivery/acknowledgements.js'
import type { OwnConsumers } from '../../delivery/consumers.js'
import type { Delivery, Opened } from '../../delivery/delivery.js'
import type { Ending } from '../../delivery/outlet.js'
import { writeCursor } from '../../items/cursor.js'
import type { Limits } from '../../limits/limits.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { Logger } from '../../ports/logger.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { costOfRead } from '../http/budgets/budgets.js'
import type { RateLimiter } from '../http/budgets/rateLimits.js'
import { payerOf } from '../principal.js'
import type { Principal } from '../principal.js'
import { costOfAcknowledgement } from '../queues/acknowledgementCost.js'
import { acknowledgedIn, queueFor, startOf } from '../queues/queueAccess.js'
import type { QueueAccess } from '../queues/queueAccess.js'
import type { FrameWriter } from './frameWriter.js'
import { queueOutlet } from './queueOutlet.js'
import type { Speech } from './speech.js'
import { closeCodes } from './websocketFrames.js'
import type { ClientFrame, CloseCode } from './websocketFrames.js'

export type OpenQueuesDependencies = QueueAccess & {
  readonly delivery: Delivery
  readonly consumers: OwnConsumers
  readonly acknowledgements: Acknowledgements
  readonly rateLimiter: Pick<RateLimiter, 'charge'>
  readonly limits: Pick<Limits, 'websocketUnsentBytesMax'>
  readonly logId: string
  readonly logger: Logger
}

export type OpenQueuesConnection = {
  readonly writer: FrameWriter
  readonly speech: Speech
  /** No queue is open any more. */
  readonly close: (code: CloseCode) => void
}

export type OpenQueues = {
  /** Opens the queue that the principal may read; says `opened`, then delivers. What it is refused for, if it is. */
  readonly open: (principal: Principal, asked: Pick<OpenFrame, 'queue' | 'after'>) => Promise<Rejected | undefined>
  readonly acknowledge: (asked: Pick<AcknowledgeFrame, 'queue' | 'upTo'>) => Promise<Rejected | undefined>
  /** The connection is over: an open under way ends as well. */
  readonly end: () => void
}

type OpenFrame = Extract<ClientFrame, { type: 'open' }>
type AcknowledgeFrame = Extract<ClientFrame, { type: 'acknowledge' }>

/** An open queue, with the generation under which this connection consumes it. */
type Held = { readonly opened: Opened; readonly generation: number; readonly by: Principal }

const codeOf = {
  displaced: closeCodes.connectedElsewhere,
  gone: closeCodes.notAuthenticated,
  failed: closeCodes.internal,
} as const satisfies { readonly [Why in Ending]: CloseCode }

export const makeOpenQueues = (deps: OpenQueuesDependencies, connection: OpenQueuesConnection): OpenQueues => {
  const { delivery, consumers, acknowledgements, rateLimiter, limits, logId, logger } = deps
  const { writer, speech } = connection
  const queues = new Map<QueueId, Held>()
  let over = false

  const open: OpenQueues['open'] = async (principal, asked) => {
    // Whoever does not read gets nothing more to read.
    await writer.below(limits.websocketUnsentBytesMax / 2)
    const payer = payerOf(principal)
    const { retryAfter } = rateLimiter.charge(payer === undefined ? [] : costOfRead(payer))
    if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
    const row = await queueFor(deps, principal, asked.queue)
    if ('rejected' in row) return row
    const after = await startOf(deps, row, asked.after)
    if ('rejected' in after) return after
    const { queue } = row
    const acknowledged = acknowledgedIn(deps, row)
    if (row.kind === 'fanOut') acknowledgements.fetched(queue, row)
    const generation = await consumers.take(queue)
    if (over) {
      await consumers.leave(queue, generation)
      return undefined
    }
    queues.get(queue)?.opened.close()
    const cursors = { after: writeCursor(logId, after.position), acknowledged: writeCursor(logId, acknowledged) }
    speech.say({ type: 'opened', queue, ...cursors })
    queues.set(queue, { opened: delivery.open(row, after.position, outletOf(queue)), generation, by: principal })
    return undefined
  }

  const outletOf = (queue: QueueId) =>
    queueOutlet(queue, writer, {
      logId,
      unsentBytesMax: limits.websocketUnsentBytesMax / 2,
      ended: (why) => {
        ended(queue, why)
      },
    })

  const ended = (queue: QueueId, why: Ending): void => {
    const held = queues.get(queue)
    if (held !== undefined) leave(queue, held)
    queues.delete(queue)
    if (why === 'displaced') speech.say({ type: 'displaced', queue })
    if (why === 'gone') speech.complain({ code: 'no-such-queue' })
    if (queues.size === 0) connection.close(codeOf[why])
  }

  const leave = (queue: QueueId, { generation }: Held): void => {
    consumers.leave(queue, generation).catch((error: unknown) => {
      logger.warn('queue not given up', { error: String(error) })
    })
  }

  const acknowledge: OpenQueues['acknowledge'] = async ({ queue, upTo }) => {
    const position = await deps.heldCursor(upTo)
    if ('rejected' in position) return position
    const held = queues.get(queue)
    if (held?.opened.isOpen() !== true) return reject({ code: 'no-such-queue' })
    const { retryAfter } = rateLimiter.charge([costOfAcknowledgement(held.by, queue)])
    if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
    acknowledgements.acknowledge(queue, position.position, held.generation)
    return undefined
  }

  const end = (): void => {
    over = true
    for (const [queue, held] of queues) {
      held.opened.close()
      leave(queue, held)
    }
    queues.clear()
  }

  return { open, acknowledge, end }
}
