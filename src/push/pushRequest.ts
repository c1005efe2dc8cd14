/** The request of one push: encrypted for its receiver (RFC 8291), signed for its push service (RFC 8292), and saying nothing but the queue's tag. */
import webPush from 'web-push'
import type { PushTarget } from '../events/form/sealedSubscription.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { VapidPair } from '../ports/keys.js'
import type { WakeRow } from './schema.js'
import { keptMs } from './wake.js'

export type Push = {
  readonly target: PushTarget
  /** The queue's own. */
  readonly tag: string
  readonly urgency: WakeRow['urgency']
  readonly vapid: VapidPair
  /** Whom a push service may turn to: an https URL or a mailto one. */
  readonly contact: string
}

export type PushRequest = {
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
}

/** Every push is as long as every other: blanks after the JSON are no part of it. */
const plainBytes = 128

/** Of one receiver the newest takes the place of those that wait (RFC 8030 §5.4): each would say the same. */
const topic = 'wake'

/** Throws where the receiver's keys are none. */
export const pushRequest = ({ target, tag, urgency, vapid, contact }: Push): PushRequest => {
  const { endpoint, p256dh, auth } = target
  const details = webPush.generateRequestDetails(
    { endpoint, keys: { p256dh, auth } },
    JSON.stringify({ tag }).padEnd(plainBytes),
    {
      vapidDetails: {
        subject: contact,
        publicKey: toBase64url(vapid.publicKey),
        privateKey: toBase64url(vapid.privateKey),
      },
      TTL: keptMs / 1_000,
      urgency: urgency === 'urgent' ? 'high' : 'normal',
      topic,
      contentEncoding: 'aes128gcm',
    },
  )
  // Its types say text; some are numbers.
  const headers: Readonly<Record<string, unknown>> = details.headers
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
  return { headers: Object.fromEntries(named.filter(([name]) => name !== 'content-length')), body: details.body }
}
