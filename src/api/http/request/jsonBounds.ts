/** What a piece of JSON would cost to parse, counted over its bytes before anything is made of it. */

export type JsonBounds = {
  /** Objects and arrays within one another. */
  readonly depthMax: number
  /** Values, the outermost among them; names of fields are none. */
  readonly valuesMax: number
  /** Fields of one object. */
  readonly keysMax: number
}

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c] as const
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d] as const

/**
 * Which bound the text passes, if any, in one pass that stops where it does. Bytes that are no JSON are counted as far
 * as they look like it: a parser stops earlier.
 */
export const beyondBounds = (bytes: Uint8Array, bounds: JsonBounds): string | undefined => {
  const { depthMax, valuesMax, keysMax } = bounds
  /** Of the object or array that is open at each depth. */
  const keys = new Uint32Array(depthMax + 1)
  let depth = 0
  // A name of a field looks like a value until its colon comes.
  let values = 0
  let inWord = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      values++
      inWord = false
      at = endOfString(bytes, at)
    } else if (byte === openObject || byte === openArray) {
      values++
      inWord = false
      if (++depth > depthMax) return `nested deeper than ${depthMax}`
      keys[depth] = 0
    } else if (byte === closeObject || byte === closeArray) {
      inWord = false
      depth = Math.max(0, depth - 1)
    } else if (byte === colon) {
      values--
      inWord = false
      const inObject = (keys[depth] ?? 0) + 1
      if (inObject > keysMax) return `an object of more than ${keysMax} fields`
      keys[depth] = inObject
    } else if (byte === comma || byte === undefined) {
      inWord = false
    } else {
      const isBlank = byte <= 0x20
      if (!isBlank && !inWord) values++
      inWord = !isBlank
      at = endOfRun(bytes, at, isBlank) - 1
    }
    if (values > valuesMax + 1) return tooMany(valuesMax)
  }
  return values > valuesMax ? tooMany(valuesMax) : undefined
}

const tooMany = (max: number): string => `more than ${max} values`

/** What a byte means outside of strings: part of the blanks, part of a word (a number, a literal, or what is no JSON), or itself. */
const [blank, word, sign] = [0, 1, 2] as const
const signs: readonly number[] = [quote, colon, comma, openArray, closeArray, openObject, closeObject]
const meanings = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x20) return blank
  return signs.includes(byte) ? sign : word
})

/** Where the blanks, or the word, end that begin here: bodies of nothing else are large. */
const endOfRun = (bytes: Uint8Array, begin: number, isBlank: boolean): number => {
  const meaning = isBlank ? blank : word
  let at = begin + 1
  while (at < bytes.length && meanings[bytes[at] ?? 0] === meaning) at++
  return at
}

/** Strings longer than this are searched for their end by the runtime, which is many times faster. */
const shortString = 64

/** Where the string ends that begins here: at its closing quote, or behind the last byte. */
const endOfString = (bytes: Uint8Array, begin: number): number => {
  let at = begin + 1
  for (;;) {
    const near = Math.min(bytes.length, at + shortString)
    while (at < near && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
    if (at < near || at >= bytes.length) return at
    const found = bytes.indexOf(quote, at)
    if (found < 0) return bytes.length
    if (!isEscaped(bytes, found, at)) return found
    at = found + 1
  }
}

/** Whether an odd number of backslashes stands before it, none of them before `from`. */
const isEscaped = (bytes: Uint8Array, at: number, from: number): boolean => {
  let first = at
  while (first > from && bytes[first - 1] === backslash) first--
  return (at - first) % 2 === 1
}
