/** What a client sends on a websocket: in the log in the order it came, a group at a time, counted, and answered by id. */
import type { Clock } from '../../ports/clock.js'
import { commandId } from '../../streams/commandId.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { costOfSend } from '../groups/messages.js'
import type { KnowsSend, SendMessage, Sending, Sent } from '../groups/messages.js'
import { costOfCommand, costOfLook } from '../http/budgets/budgets.js'
import { placeElsewhere } from '../elsewhere/elsewhere.js'
import { problemOf, rejectionOfError } from '../http/problems.js'
import { costOfRepeat } from '../http/budgets/rateLimits.js'
import type { RateLimiter } from '../http/budgets/rateLimits.js'
import { placeIn } from '../http/place.js'
import type { ClientPrincipal } from '../principal.js'
import { newSendLine } from './sendLine.js'
import type { SendLine } from './sendLine.js'
import type { Speech } from './speech.js'

export type SendsDependencies = {
  readonly sendMessage: SendMessage
  readonly knowsSend: KnowsSend
  readonly rateLimiter: RateLimiter
  readonly clock: Clock
  readonly logId: string
}

export type SendsConnection = {
  readonly requestId: string
  readonly speech: Speech
  /** The client that speaks on this connection, if one does. */
  readonly client: () => ClientPrincipal | undefined
  /** A bug. */
  readonly failed: (error: unknown) => void
}

/** `id` is the client's, its Idempotency-Key. */
export type IdentifiedSending = Sending & { readonly id: string }

/** Sends under way on one connection before what comes behind them waits, and the bytes of their messages. */
export const sendsMax = 256
export const sendsBytesMax = 4 * 1024 * 1024

/** Takes what is to be sent; resolves, long before it was, as soon as there is room for another one. */
export const makeSends = (
  deps: SendsDependencies,
  connection: SendsConnection,
): ((sending: IdentifiedSending) => Promise<void>) => {
  const { speech, requestId } = connection
  const line = newSendLine()
  let underWay = 0
  let bytesUnderWay = 0
  let waiting: (() => void)[] = []

  const hasRoom = (): boolean => underWay < sendsMax && bytesUnderWay < sendsBytesMax

  const count = (one: 1 | -1, { message }: Sending): void => {
    underWay += one
    bytesUnderWay += one * message.length
    if (!hasRoom()) return
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }

  const send = async (sending: IdentifiedSending): Promise<void> => {
    count(1, sending)
    const sent = await trySend(deps, connection.client(), sending, line)
    count(-1, sending)
    const { id } = sending
    if ('rejected' in sent) speech.say({ type: 'refused', id, problem: problemOf(sent.rejected, requestId) })
    else if ('elsewhere' in sent) speech.say({ type: 'accepted', id, ...placeElsewhere(sent.elsewhere) })
    else speech.say({ type: 'accepted', id, ...placeIn(deps.logId, sent) })
  }

  return async (sending) => {
    send(sending).catch(connection.failed)
    if (!hasRoom()) await new Promise<void>((resolve) => waiting.push(resolve))
  }
}

const trySend = async (
  deps: SendsDependencies,
  by: ClientPrincipal | undefined,
  { id, ...sending }: IdentifiedSending,
  line: SendLine,
): Promise<Sent | Rejected> => {
  if (by === undefined) return reject({ code: 'not-authenticated', detail: 'sending needs a client token' })
  const { rateLimiter, sendMessage, clock } = deps
  const command = commandId(by.client, id)
  const charges = [...costOfCommand(by, sending.message.length), costOfSend(by)]
  const { retryAfter, isRepeat } = rateLimiter.chargeCommand(command, by.client, charges)
  try {
    if (retryAfter !== undefined && (isRepeat || !(await paysAsRepeat(deps, by, sending, command)))) {
      return reject({ code: 'rate-limited', retryAfter })
    }
    const sent = await sendMessage(by, sending, { id: command, at: clock.now() }, line)
    if ('rejected' in sent) return sent
    rateLimiter.done(command)
    if (!('elsewhere' in sent) && sent.repeated && !isRepeat && retryAfter === undefined) {
      rateLimiter.giveBack(charges)
      rateLimiter.owe(costOfRepeat(by.client))
    }
    return sent
  } catch (error) {
    const rejection = rejectionOfError(error)
    if (rejection === undefined) throw error
    return reject(rejection)
  }
}

/** Where there is nothing left to pay a new send with, the log is asked: it pays for that, and then as a repeat. */
const paysAsRepeat = async (
  { rateLimiter, knowsSend }: SendsDependencies,
  by: ClientPrincipal,
  sending: Sending,
  command: string,
): Promise<boolean> => {
  if (rateLimiter.charge(costOfLook(by.client)).retryAfter !== undefined) return false
  if (!(await knowsSend(sending, { id: command }))) return false
  return rateLimiter.charge(costOfRepeat(by.client)).retryAfter === undefined
}
