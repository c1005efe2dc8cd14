/** Ids that repeat when the same thing is asked again: UUIDv5 (RFC 9562 §5.5). */
import { hash as digestOf } from 'node:crypto'

/** Our namespace, a random UUID chosen once for ever. */
const namespace = Buffer.from('6f1d0c1e5b7e4b0a9c3a7d2b8e4f6a90', 'hex')

/** Where what is hashed is written behind the namespace: most names fit, and every command has two. */
const scratch = Buffer.concat([namespace], 2_048)

const uuidV5 = (name: string): string => {
  const fits = namespace.length + 3 * name.length <= scratch.length
  const bytes = fits
    ? scratch.subarray(0, namespace.length + scratch.write(name, namespace.length))
    : Buffer.concat([namespace, Buffer.from(name)])
  const hex = digestOf('sha1', bytes, 'hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** The id of a command: who asks (an id URI, or an address for the unauthenticated) and its Idempotency-Key. */
export const commandId = (principal: string, idempotencyKey: string): string =>
  uuidV5(`command\n${principal}\n${idempotencyKey}`)

/** The id of a command that follows from another: a step of a chain, or a reaction's command for one target. */
export const derivedId = (from: string, step: string, target = ''): string =>
  uuidV5(`derived\n${from}\n${step}\n${target}`)

/** The id of a command's event by index. */
export const eventId = (command: string, index: number): string => uuidV5(`event\n${command}\n${index}`)

/** The id of what a hub decided: by its number among what that server sends of this group, so that recording it again is once. */
export const hubCommandId = (hub: string, group: string, sequence: number): string =>
  uuidV5(`hub\n${hub}\n${group}\n${sequence}`)
