/** One try to tell one receiver, and what its push service made of it. */
import { openTarget, tagOf } from '../events/form/sealedSubscription.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { VapidPair } from '../ports/keys.js'
import type { Logger } from '../ports/logger.js'
import { OutboundTooLarge } from '../ports/outbound.js'
import type { Outbound } from '../ports/outbound.js'
import { pushRequest } from './pushRequest.js'
import type { Receiver, WakeRow } from './schema.js'

/** told: the push service has it; gone: there is no such receiver any more; failed: another time, not before `retryAfterMs`. */
export type Outcome =
  { readonly was: 'told' } | { readonly was: 'gone' } | { readonly was: 'failed'; readonly retryAfterMs?: number }

export type AttemptDependencies = {
  readonly outbound: Pick<Outbound, 'request'>
  /** Opens subscriptions, 32 bytes. */
  readonly pushKey: Uint8Array
  /** All there ever were: each subscription is of one of them. */
  readonly vapidKeys: () => readonly VapidPair[]
  readonly contact: () => string
  readonly logger: Logger
}

const answerBytesMax = 1_024
const timeoutMs = 10_000

/** Throws only what `signal` says. Where it leads stands in no log. */
export const attempt = async (
  { outbound, pushKey, vapidKeys, contact, logger }: AttemptDependencies,
  { queue, urgency }: Pick<WakeRow, 'queue' | 'urgency'>,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<Outcome> => {
  const target = openTarget(pushKey, queue, receiver.sealed)
  const vapid = vapidKeys().find(({ publicKey }) => toBase64url(publicKey) === receiver.vapidKey)
  if (target === undefined || vapid === undefined) {
    logger.error('a push subscription is of keys that are not in the bundle')
    return { was: 'failed' }
  }
  try {
    const request = pushRequest({ target, tag: tagOf(pushKey, queue), urgency, vapid, contact: contact() })
    const { status, headers } = await outbound.request(target.endpoint, {
      method: 'POST',
      ...request,
      bytesMax: answerBytesMax,
      timeoutMs,
      signal,
    })
    return outcomeOf(status, headers['retry-after'])
  } catch (error) {
    signal.throwIfAborted()
    // Its status is what counts; what it goes on with is read by nobody.
    if (error instanceof OutboundTooLarge && error.status !== undefined) return outcomeOf(error.status, undefined)
    // Its words would name the host.
    logger.debug('a push failed', { error: error instanceof Error ? error.name : 'unknown' })
    return { was: 'failed' }
  }
}

/** RFC 8030 §5, §7.3; a redirect is no success. */
const outcomeOf = (status: number, retryAfter: string | undefined): Outcome => {
  if (status >= 200 && status < 300) return { was: 'told' }
  if (status === 404 || status === 410) return { was: 'gone' }
  const seconds = Number(retryAfter)
  return Number.isFinite(seconds) && seconds > 0 ? { was: 'failed', retryAfterMs: seconds * 1_000 } : { was: 'failed' }
}
