/** Writes the little DER (X.690) that a certificate request is made of. */
import { derTag } from '../../mls/x509/der.js'

export const der = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  const bytes = new Uint8Array(length + 6)
  const start = writeHeader(bytes, tag, length)
  let at = start
  for (const content of contents) {
    bytes.set(content, at)
    at += content.length
  }
  return bytes.slice(0, at)
}

/** The element's tag and its length in the fewest bytes; returns where the content begins. */
const writeHeader = (bytes: Uint8Array, tag: number, length: number): number => {
  bytes[0] = tag
  if (length < 0x80) {
    bytes[1] = length
    return 2
  }
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff]
  if (length >= 0x1_0000) throw new RangeError('longer than any certificate request of ours')
  bytes[1] = 0x80 | octets.length
  bytes.set(octets, 2)
  return 2 + octets.length
}

export const sequence = (...contents: readonly Uint8Array[]): Uint8Array => der(derTag.sequence, ...contents)
export const set = (...contents: readonly Uint8Array[]): Uint8Array => der(0x31, ...contents)
export const octetString = (content: Uint8Array): Uint8Array => der(derTag.octetString, content)
/** A BIT STRING without unused bits. */
export const bitString = (content: Uint8Array): Uint8Array => der(derTag.bitString, Uint8Array.of(0), content)
export const integer = (value: number): Uint8Array => der(derTag.integer, Uint8Array.of(value))

/** An OBJECT IDENTIFIER, from its dotted form. */
export const oid = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(derTag.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

const base128 = (arc: number): number[] => {
  const digits = [arc & 0x7f]
  for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}
