/** Ids that repeat when the same thing is asked again: UUIDv5 (RFC 9562 §5.5). */
import { hash as digestOf } from 'node:crypto'

/** Our namespace, a random UUID chosen once for ever. */
const namespace = Buffer.from('6f1d0c1e5b7e4b0a9c3a7d2b8e4f6a90', 'hex')

const uuidV5 = (name: string): string => {
  const hash = digestOf('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'buffer').subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The id of a command: who asks (an id URI, or an address for the unauthenticated) and its Idempotency-Key. */
export const commandId = (principal: string, idempotencyKey: string): string =>
  uuidV5(`command\n${principal}\n${idempotencyKey}`)

/** The id of a command that follows from another: a step of a chain, or a reaction's command for one target. */
export const derivedId = (from: string, step: string, target = ''): string =>
  uuidV5(`derived\n${from}\n${step}\n${target}`)

/** The id of a command's event by index. */
export const eventId = (command: string, index: number): string => uuidV5(`event\n${command}\n${index}`)
