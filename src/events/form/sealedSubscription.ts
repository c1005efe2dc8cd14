/** An endpoint and its keys as the log holds them: sealed for one queue, and a mark by which that queue's next one is compared. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { QueueId } from '../../mls/wire/ids.js'

/** Where a push service takes messages for one receiver, and what it reads them with (RFC 8030 §4, RFC 8291 §3). */
export type PushTarget = {
  readonly endpoint: string
  /** base64url: an uncompressed P-256 point, and 16 bytes. */
  readonly p256dh: string
  readonly auth: string
}
const target = z.strictObject({ endpoint: z.string(), p256dh: z.string(), auth: z.string() })

const nonceBytes = 12
const tagBytes = 16

/** base64url(nonce ‖ ciphertext ‖ tag), AES-256-GCM; `nonce`: 12 bytes that were never used with this key. */
export const sealTarget = (key: Uint8Array, queue: QueueId, nonce: Uint8Array, plain: PushTarget): string => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(queue))
  const text = Buffer.concat([cipher.update(JSON.stringify(plain)), cipher.final()])
  return toBase64url(Buffer.concat([nonce, text, cipher.getAuthTag()]))
}

/** Undefined: it was sealed by another key, or for another queue. */
export const openTarget = (key: Uint8Array, queue: QueueId, sealed: string): PushTarget | undefined => {
  const bytes = fromBase64url(sealed)
  if (bytes === undefined || bytes.length < nonceBytes + tagBytes) return undefined
  const options = { authTagLength: tagBytes }
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), options)
  cipher.setAAD(Buffer.from(queue)).setAuthTag(bytes.subarray(-tagBytes))
  try {
    const plain = Buffer.concat([cipher.update(bytes.subarray(nonceBytes, -tagBytes)), cipher.final()])
    return target.parse(JSON.parse(plain.toString()))
  } catch {
    return undefined
  }
}

/** The same for one endpoint at one queue, and nothing to whoever has not the key. */
export const markOf = (key: Uint8Array, queue: QueueId, endpoint: string): string =>
  createHmac('sha256', key).update(`mark\n${queue}\n${endpoint}`).digest('base64url')

/** The queue's own tag, which a push shows to its owner: tells which queue it is, and nothing else. */
export const tagOf = (key: Uint8Array, queue: QueueId): string =>
  createHmac('sha256', key).update(`tag\n${queue}`).digest('base64url').slice(0, 22)
