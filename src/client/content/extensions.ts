/** The extensions of a content (draft-ietf-mimi-content-08 §4.3, §6.2): who sent it and where, and what others put there. */
import { encodeCbor } from './cbor.js'
import { Malformed } from './malformed.js'
import { Tagged } from 'cborg'

export type Extensions = ReadonlyMap<number | string, unknown>

export const senderUri = 1
export const roomUri = 2

const levelsMax = 4
const nameBytesMax = 255

/** Throws Malformed where its keys are not of the draft, or not in their order (RFC 8949 §4.2.1). */
export const extensionsIn = (value: unknown): Extensions => {
  if (!(value instanceof Map)) throw new Malformed('extensions: expected a map')
  const extensions = value as Map<unknown, unknown>
  for (const key of extensions.keys()) if (!isName(key)) throw new Malformed('an extension without a name')
  holdToOrder(extensions, 1)
  return extensions as Map<number | string, unknown>
}

const isName = (key: unknown): boolean =>
  typeof key === 'string'
    ? key !== '' && new TextEncoder().encode(key).length <= nameBytesMax
    : Number.isSafeInteger(key)

const holdToOrder = (value: unknown, level: number): void => {
  if (!(value instanceof Map || value instanceof Tagged || Array.isArray(value))) return
  if (level > levelsMax) throw new Malformed(`extensions nested more than ${levelsMax} deep`)
  if (value instanceof Map) holdKeysToOrder([...(value as Map<unknown, unknown>).keys()])
  for (const inner of valuesIn(value)) holdToOrder(inner, level + 1)
}

const valuesIn = (value: Map<unknown, unknown> | Tagged | readonly unknown[]): Iterable<unknown> =>
  value instanceof Tagged ? [value.value as unknown] : value.values()

const holdKeysToOrder = (keys: readonly unknown[]): void => {
  let before: Uint8Array | undefined
  for (const key of keys) {
    if (!(typeof key === 'string' || key instanceof Uint8Array || Number.isSafeInteger(key)))
      throw new Malformed('a key that is no integer, text or bytes')
    const encoded = encodeCbor(key)
    if (before !== undefined && !isLess(before, encoded)) throw new Malformed('keys out of order')
    before = encoded
  }
}

const isLess = (one: Uint8Array, other: Uint8Array): boolean => {
  const at = one.findIndex((byte, index) => byte !== other[index])
  return at < 0 ? one.length < other.length : (one[at] ?? 0) < (other[at] ?? -1)
}
