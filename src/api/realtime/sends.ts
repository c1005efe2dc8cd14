/** What a client sends on a websocket: begun in the order it came, counted, and answered by id once it is in the log. */
import { writeCursor } from '../../items/cursor.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { commandId } from '../../streams/commandId.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { SendMessage, Sent } from '../groups/messages.js'
import { problemOf, rejectionOfError } from '../http/problems.js'
import type { RateLimiter } from '../http/rateLimits.js'
import type { ClientPrincipal } from '../principal.js'
import type { Speech } from './speech.js'

export type SendsDependencies = {
  readonly sendMessage: SendMessage
  readonly rateLimiter: RateLimiter
  readonly clock: Clock
  readonly logId: string
}

export type SendsConnection = {
  readonly requestId: string
  readonly speech: Speech
  /** The client that speaks on this connection, if one does. */
  readonly client: () => ClientPrincipal | undefined
  /** Stops and goes on reading what the client sends. */
  readonly pause: (paused: boolean) => void
  /** A bug. */
  readonly failed: (error: unknown) => void
}

/** A message for a group; undefined: the one that it names itself. `id` is the client's, its Idempotency-Key. */
export type Sending = {
  readonly id: string
  readonly group: GroupId | undefined
  readonly message: Uint8Array
}

/** Sends under way on one connection before reading pauses. */
export const sendsMax = 256

/** Takes what is to be sent; nobody waits for it: frames behind it are taken meanwhile. */
export const makeSends = (deps: SendsDependencies, connection: SendsConnection): ((sending: Sending) => void) => {
  const { speech, requestId, pause } = connection
  let underWay = 0

  const send = async (sending: Sending): Promise<void> => {
    underWay++
    if (underWay === sendsMax) pause(true)
    const sent = await trySend(deps, connection.client(), sending)
    if (underWay === sendsMax) pause(false)
    underWay--
    const { id } = sending
    if ('rejected' in sent) speech.say({ type: 'refused', id, problem: problemOf(sent.rejected, requestId) })
    else speech.say({ type: 'accepted', id, position: writeCursor(deps.logId, sent.position) })
  }

  return (sending) => {
    send(sending).catch(connection.failed)
  }
}

const trySend = async (
  { rateLimiter, sendMessage, clock }: SendsDependencies,
  by: ClientPrincipal | undefined,
  { id, group, message }: Sending,
): Promise<Sent | Rejected> => {
  if (by === undefined) return reject({ code: 'not-authenticated', detail: 'sending needs a client token' })
  const retryAfter = rateLimiter.take('sendsPerClient', by.client)
  if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
  try {
    return await sendMessage(by, group, message, { id: commandId(by.client, id), at: clock.now() })
  } catch (error) {
    const rejection = rejectionOfError(error)
    if (rejection === undefined) throw error
    return reject(rejection)
  }
}
