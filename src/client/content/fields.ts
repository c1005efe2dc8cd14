/** Values of decoded CBOR as what they should be; each throws Malformed. */
import { Malformed } from './malformed.js'
import { messageIdFromBytes, type MessageId } from './messageId.js'

export const arrayIn = (value: unknown, what: string): readonly unknown[] =>
  Array.isArray(value) ? value : fail(what, 'an array')

export const bytesIn = (value: unknown, what: string): Uint8Array =>
  value instanceof Uint8Array ? value : fail(what, 'a byte string')

export const textIn = (value: unknown, what: string): string =>
  typeof value === 'string' ? value : fail(what, 'a text string')

export const uintIn = (value: unknown, max: number, what: string): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
    ? value
    : fail(what, `a number up to ${max}`)

export const messageIdIn = (value: unknown, what: string): MessageId => {
  const id = value instanceof Uint8Array ? messageIdFromBytes(value) : undefined
  return id ?? fail(what, 'the id of a message')
}

const fail = (what: string, expected: string): never => {
  throw new Malformed(`${what}: expected ${expected}`)
}
