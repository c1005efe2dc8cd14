/** Reads DER (X.690), strictly and no deeper than certificates need; runs in browsers too. */
import { refuse } from './refusal.js'

/** One element: its tag, its content, and the whole of it as it stood. */
export type Der = { readonly tag: number; readonly content: Uint8Array; readonly bytes: Uint8Array }

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const

const malformed = (): never => refuse('malformed', 'der')

/** The elements that the bytes are made of, one after another. */
export const readDer = (bytes: Uint8Array): Der[] => {
  const elements: Der[] = []
  for (let at = 0; at < bytes.length;) {
    const element = elementAt(bytes, at)
    elements.push(element)
    at += element.bytes.length
  }
  return elements
}

/** The single element that the bytes are. */
export const readSingleDer = (bytes: Uint8Array, tag: number): Der => {
  const element = elementAt(bytes, 0)
  return element.tag === tag && element.bytes.length === bytes.length ? element : malformed()
}

/** The elements inside one of the given tag. */
export const childrenOf = (element: Der | undefined, tag: number): Der[] =>
  element?.tag === tag ? readDer(element.content) : malformed()

export const contentOf = (element: Der | undefined, tag: number): Uint8Array =>
  element?.tag === tag ? element.content : malformed()

/** The bytes of a BIT STRING that has no unused bits. */
export const bitsOf = (element: Der | undefined): Uint8Array => {
  const content = contentOf(element, derTag.bitString)
  return content[0] === 0 ? content.subarray(1) : malformed()
}

const elementAt = (bytes: Uint8Array, start: number): Der => {
  const tag = bytes[start] ?? malformed()
  if ((tag & 0x1f) === 0x1f) malformed()
  const { length, at } = lengthAt(bytes, start + 1)
  if (length > bytes.length - at) malformed()
  return { tag, content: bytes.subarray(at, at + length), bytes: bytes.subarray(start, at + length) }
}

const lengthAt = (bytes: Uint8Array, start: number): { readonly length: number; readonly at: number } => {
  const first = bytes[start] ?? malformed()
  if (first < 0x80) return { length: first, at: start + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 3) malformed()
  let length = 0
  for (let n = 1; n <= count; n++) length = length * 256 + (bytes[start + n] ?? malformed())
  return length < 0x80 || length < 256 ** (count - 1) ? malformed() : { length, at: start + 1 + count }
}

/** An OBJECT IDENTIFIER in dotted form. */
export const oidOf = (element: Der | undefined): string => {
  const content = contentOf(element, derTag.oid)
  const arcs: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER / 128) malformed()
    if (byte < 0x80) {
      arcs.push(value)
      value = 0
    }
  }
  const [first, ...rest] = arcs
  if (first === undefined || (content.at(-1) ?? 0) >= 0x80) return malformed()
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - top * 40, ...rest].join('.')
}

/** A UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them, in ms. */
export const timeOf = (element: Der | undefined): number => {
  if (element === undefined) return malformed()
  const text = String.fromCharCode(...element.content.subarray(0, 16))
  const short = element.tag === derTag.utcTime
  if (!short && element.tag !== derTag.generalizedTime) malformed()
  if (!(short ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) malformed()
  const year = short
    ? Number(text.slice(0, 2)) + (Number(text.slice(0, 2)) < 50 ? 2000 : 1900)
    : Number(text.slice(0, 4))
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.slice(short ? 2 : 4, -1).match(/../g) ?? []).map(
    Number,
  )
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
