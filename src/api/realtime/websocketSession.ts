/** One websocket: the tokens that speak on it, the queues that are open on it, what the client sends. */
import type { Acknowledgements } from '../../delivery/acknowledgements.js'
import { commandId } from '../../streams/commandId.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import type { OwnConsumers } from '../../delivery/consumers.js'
import type { Delivery, Opened } from '../../delivery/delivery.js'
import type { Ending, Outlet } from '../../delivery/outlet.js'
import type { ClientId, GroupId, QueueId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Limits } from '../../limits/limits.js'
import type { Logger } from '../../ports/logger.js'
import { toPosition } from '../../ports/position.js'
import { readCursor, writeCursor } from '../../items/cursor.js'
import type { FrameWriter } from './frameWriter.js'
import type { SendMessage } from '../groups/messages.js'
import { principalName } from '../http/principal.js'
import type { ClientPrincipal, Principal } from '../http/principal.js'
import { problemOf, rejectionOfError } from '../http/problems.js'
import { openQueue } from '../queues/queueDoor.js'
import type { QueueDoor } from '../queues/queueDoor.js'
import type { RateLimiter } from '../http/rateLimits.js'
import { closeCodes } from './websocketFrames.js'
import type { BinarySend, ClientFrame, CloseCode, ServerFrame } from './websocketFrames.js'

export type SessionDependencies = QueueDoor & {
  readonly delivery: Delivery
  readonly consumers: OwnConsumers
  readonly acknowledgements: Acknowledgements
  readonly authenticate: (token: string) => Promise<Principal | Rejected>
  readonly sendMessage: SendMessage
  readonly rateLimiter: RateLimiter
  readonly clock: Clock
  readonly limits: Limits
  readonly logId: string
  readonly logger: Logger
}

export type Connection = {
  readonly writer: FrameWriter
  readonly close: (code: CloseCode) => void
  /** Stops and goes on reading what the client sends. */
  readonly pause: (paused: boolean) => void
  readonly requestId: string
}

export type Session = {
  /** Lets a token from the handshake speak. */
  greet(token: string, principal: Principal): void
  /** Takes one frame; frames are taken one after another, sends run on their own. */
  take(frame: ClientFrame | BinarySend | Rejected): Promise<void>
  /** Whether anybody was authenticated. */
  isKnown(): boolean
  speaksFor(client: ClientId): boolean
  /** Asks again about every token; closes when one has expired or its holder is gone. */
  renew(): Promise<void>
  /** The connection is over. */
  end(): void
}

type Voice = { readonly token: string; readonly principal: Principal }
type OpenQueue = { readonly opened: Opened; readonly generation: number }

/** Sends under way on one socket before reading pauses. */
const sendsMax = 256

export const makeSession = (deps: SessionDependencies, connection: Connection): Session => {
  const { delivery, consumers, acknowledgements, clock, limits, logId, logger } = deps
  const { writer, requestId } = connection
  const voices = new Map<string, Voice>()
  const queues = new Map<QueueId, OpenQueue>()
  let greeted: string | undefined
  let sends = 0
  let flushing = false
  let over = false

  const say = (frame: ServerFrame): void => {
    writer.frame(Buffer.from(JSON.stringify(frame)))
    flushSoon()
  }
  /** What is said within one turn of the event loop leaves together. */
  const flushSoon = (): void => {
    if (flushing) return
    flushing = true
    setImmediate(() => {
      flushing = false
      writer.flush()
      if (writer.unsentBytes() > 2 * limits.websocketUnsentBytesMax) connection.close(closeCodes.tooSlow)
    })
  }
  const complain = (rejection: Rejection): void => {
    say({ type: 'error', problem: problemOf(rejection, requestId) })
  }

  const hear = async (token: string): Promise<Principal | undefined> => {
    const principal = await deps.authenticate(token)
    if (!('rejected' in principal)) {
      voices.set(principalName(principal, ''), { token, principal })
      return principal
    }
    complain(principal.rejected)
    connection.close(closeCodes.notAuthenticated)
    return undefined
  }

  const open = async (frame: Extract<ClientFrame, { type: 'open' }>): Promise<void> => {
    const token = frame.token ?? greeted
    if (token === undefined) {
      complain({ code: 'not-authenticated', detail: 'an open needs a token' })
      connection.close(closeCodes.notAuthenticated)
      return
    }
    const principal = await hear(token)
    if (principal === undefined) return
    const row = await openQueue(deps, principal, frame.queue)
    if ('rejected' in row) {
      complain(row.rejected)
      return
    }
    const { queue } = row
    const acknowledged = toPosition(Math.max(row.acknowledged, acknowledgements.acknowledged(queue)))
    const after = frame.after === undefined ? { position: acknowledged } : readCursor(logId, frame.after)
    if ('rejected' in after) {
      complain(after.rejected)
      return
    }
    if (row.kind === 'fanOut') acknowledgements.fetched(queue, row)
    const generation = await consumers.take(queue)
    if (over) {
      await consumers.leave(queue, generation)
      return
    }
    queues.get(queue)?.opened.close()
    say({ type: 'opened', queue, after: writeCursor(logId, after.position) })
    const opened = delivery.open(row, after.position, outletFor(queue))
    queues.set(queue, { opened, generation })
  }

  const outletFor = (queue: QueueId): Outlet => {
    const before = Buffer.from(`{"type":"item","queue":${JSON.stringify(queue)},"item":`)
    const after = Buffer.from('}')
    return {
      item: ({ bytes }) => {
        writer.frame(before, bytes, after)
      },
      queueEmpty: (position) => {
        writer.frame(Buffer.from(JSON.stringify({ type: 'queueEmpty', queue, position: writeCursor(logId, position) })))
      },
      flush: writer.flush,
      unsentBytes: writer.unsentBytes,
      ready: () => writer.below(limits.websocketUnsentBytesMax / 2),
      ended: (why) => {
        ended(queue, why)
      },
    }
  }

  const leave = (queue: QueueId, generation: number): void => {
    consumers.leave(queue, generation).catch((error: unknown) => {
      logger.warn('queue not given up', { error: String(error) })
    })
  }

  const ended = (queue: QueueId, why: Ending): void => {
    const held = queues.get(queue)
    if (held !== undefined) leave(queue, held.generation)
    queues.delete(queue)
    if (why === 'displaced') say({ type: 'displaced', queue })
    if (why === 'gone') complain({ code: 'no-such-queue' })
    if (queues.size > 0) return
    const codes = {
      displaced: closeCodes.connectedElsewhere,
      gone: closeCodes.notAuthenticated,
      failed: closeCodes.internal,
    } as const
    connection.close(codes[why])
  }

  const acknowledge = ({ queue, upTo }: Extract<ClientFrame, { type: 'acknowledge' }>): void => {
    const held = queues.get(queue)
    const position = readCursor(logId, upTo)
    if ('rejected' in position) complain(position.rejected)
    else if (held?.opened.isOpen() !== true) complain({ code: 'no-such-queue' })
    else acknowledgements.acknowledge(queue, position.position, held.generation)
  }

  const sender = (): ClientPrincipal | undefined => {
    for (const { principal } of voices.values()) if (principal.kind === 'client') return principal
    return undefined
  }

  const send = async (id: string, group: GroupId | undefined, message: Uint8Array): Promise<void> => {
    sends++
    if (sends === sendsMax) connection.pause(true)
    const sent = await trySend(id, group, message)
    if (sends === sendsMax) connection.pause(false)
    sends--
    if ('rejected' in sent) say({ type: 'refused', id, problem: problemOf(sent.rejected, requestId) })
    else say({ type: 'accepted', id, position: writeCursor(logId, sent.position) })
  }

  const trySend = async (id: string, group: GroupId | undefined, message: Uint8Array): ReturnType<SendMessage> => {
    const by = sender()
    if (by === undefined) return reject({ code: 'not-authenticated', detail: 'sending needs a client token' })
    const retryAfter = deps.rateLimiter.take('sendsPerClient', by.client)
    if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
    try {
      return await deps.sendMessage(by, group, message, { id: commandId(by.client, id), at: clock.now() })
    } catch (error) {
      const rejection = rejectionOfError(error)
      if (rejection === undefined) throw error
      return { rejected: rejection }
    }
  }

  /** Nobody awaits a send: frames behind it are taken meanwhile. */
  const sendAlone = (id: string, group: GroupId | undefined, message: Uint8Array): void => {
    send(id, group, message).catch(failed)
  }

  const failed = (error: unknown): void => {
    logger.error('websocket failed', { requestId, error: error instanceof Error ? (error.stack ?? '') : String(error) })
    connection.close(closeCodes.internal)
  }

  const takeFrame = async (frame: ClientFrame | BinarySend | Rejected): Promise<void> => {
    if ('rejected' in frame) {
      complain(frame.rejected)
      return
    }
    switch (frame.type) {
      case 'open':
        await open(frame)
        return
      case 'acknowledge':
        acknowledge(frame)
        return
      case 'send':
        sendAlone(frame.id, frame.group, frame.message)
        return
      case 'binarySend':
        sendAlone(frame.id, undefined, frame.message)
        return
      case 'token':
        await hear(frame.token)
    }
  }

  return {
    greet: (token, principal) => {
      greeted = token
      voices.set(principalName(principal, ''), { token, principal })
    },
    take: async (frame) => {
      try {
        await takeFrame(frame)
      } catch (error) {
        const rejection = rejectionOfError(error)
        if (rejection === undefined) failed(error)
        else complain(rejection)
      }
    },
    isKnown: () => voices.size > 0,
    speaksFor: (client) => sender()?.client === client,
    renew: async () => {
      for (const [name, { token, principal }] of voices) {
        const now = await deps.authenticate(token)
        if (!('rejected' in now) || voices.get(name)?.token !== token) continue
        complain(now.rejected)
        logger.debug('token no longer valid', { kind: principal.kind })
        connection.close(closeCodes.notAuthenticated)
        return
      }
    },
    end: () => {
      over = true
      for (const [queue, { opened, generation }] of queues) {
        opened.close()
        leave(queue, generation)
      }
      queues.clear()
    },
  }
}
