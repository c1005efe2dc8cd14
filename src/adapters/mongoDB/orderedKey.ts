/**
 * Tuples of strings and integers as one string whose byte order is the order of the tuples: keys and index entries.
 *
 * MongoDB compares strings by their UTF-8 bytes (simple collation), so one string field per index gives every range the
 * same shape, `low <= field < high`, served by one index whatever the number and types of its fields. Integers come
 * before strings, and a tuple before those it begins.
 */
import type { KeyPart } from '../../ports/readModels.js'

/** Ends a string; below every other byte, so that 'a' comes before 'ab'. A NUL inside is followed by U+FFFF, above every tag. */
const end = '\0'
const innerNul = '\0\uffff'
/** Above every tag a part can begin with. */
const aboveAllParts = '~'
/** Digits of 2^53. */
const digits = 16

const partOf = (part: KeyPart): string => {
  if (typeof part === 'string') return `s${part.replaceAll('\0', innerNul)}${end}`
  if (!Number.isSafeInteger(part)) throw new RangeError(`not a key: ${String(part)} is no safe integer`)
  return part < 0
    ? `m${String(Number.MAX_SAFE_INTEGER + part).padStart(digits, '0')}`
    : `n${String(part).padStart(digits, '0')}`
}

export const orderedKey = (parts: readonly KeyPart[]): string => parts.map(partOf).join('')

/** Above every key that begins with these parts, below every other that comes after them. */
export const afterAll = (key: string): string => key + aboveAllParts
