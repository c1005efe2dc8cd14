/** Reads DER (X.690), strictly and no deeper than certificates need; runs in browsers too. */
import { refuse } from '../bytes/refusal.js'

/** One element by its place in the bytes: `start` of its tag, `at` of its content, `end` of both. */
export type Der = {
  readonly tag: number
  readonly source: Uint8Array
  readonly start: number
  readonly at: number
  readonly end: number
}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

const malformed = (): never => refuse('malformed', 'der')

/** The single element that the bytes are. */
export const readSingleDer = (source: Uint8Array, tag: number): Der => {
  const element = elementAt(source, 0, source.length)
  return element.tag === tag && element.end === source.length ? element : malformed()
}

/** The elements inside one of the given tag. */
export const childrenOf = (element: Der | undefined, tag: number): Der[] => {
  if (element?.tag !== tag) return malformed()
  const children: Der[] = []
  for (let at = element.at; at < element.end;) {
    const child = elementAt(element.source, at, element.end)
    children.push(child)
    at = child.end
  }
  return children
}

/** The element as it stands, tag and length included. */
export const bytesOf = ({ source, start, end }: Der): Uint8Array => source.subarray(start, end)

export const contentOf = (element: Der | undefined, tag: number): Uint8Array =>
  element?.tag === tag ? element.source.subarray(element.at, element.end) : malformed()

/** The bytes of a BIT STRING that has no unused bits. */
export const bitsOf = (element: Der | undefined): Uint8Array => {
  const content = contentOf(element, derTag.bitString)
  return content[0] === 0 ? content.subarray(1) : malformed()
}

const elementAt = (source: Uint8Array, start: number, limit: number): Der => {
  const tag = start < limit ? (source[start] ?? malformed()) : malformed()
  if ((tag & 0x1f) === 0x1f) malformed()
  const first = source[start + 1] ?? malformed()
  if (first < 0x80) return bounded(tag, source, start, start + 2, first, limit)
  const count = first & 0x7f
  if (count === 0 || count > 3) malformed()
  let length = 0
  for (let n = 0; n < count; n++) length = length * 256 + (source[start + 2 + n] ?? malformed())
  if (length < 0x80 || length < 256 ** (count - 1)) malformed()
  return bounded(tag, source, start, start + 2 + count, length, limit)
}

const bounded = (tag: number, source: Uint8Array, start: number, at: number, length: number, limit: number): Der =>
  at + length > limit ? malformed() : { tag, source, start, at, end: at + length }

/** An OBJECT IDENTIFIER in dotted form. */
export const oidOf = (element: Der | undefined): string => {
  if (element?.tag !== derTag.oid || element.at === element.end) return malformed()
  let text = ''
  let value = 0
  for (let at = element.at; at < element.end; at++) {
    const byte = element.source[at] ?? 0
    // Padding, which could also hide that the last number has no end.
    if (byte === 0x80 && value === 0) malformed()
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER / 256) malformed()
    if (byte >= 0x80) continue
    text += text === '' ? firstArcs(value) : `.${value}`
    value = 0
  }
  return value === 0 ? text : malformed()
}

/** The first two arcs share one number. */
const firstArcs = (value: number): string => {
  const top = Math.min(Math.floor(value / 40), 2)
  return `${top}.${value - top * 40}`
}

/** A UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them, in ms. */
export const timeOf = (element: Der | undefined): number => {
  if (element?.tag !== derTag.utcTime && element?.tag !== derTag.generalizedTime) return malformed()
  const isShort = element.tag === derTag.utcTime
  const digits = isShort ? 12 : 14
  if (element.end - element.at !== digits + 1 || element.source[element.end - 1] !== 0x5a) malformed()
  const number = (from: number, to: number): number => {
    let value = 0
    for (let at = element.at + from; at < element.at + to; at++) {
      const digit = (element.source[at] ?? 0) - 0x30
      if (digit < 0 || digit > 9) malformed()
      value = value * 10 + digit
    }
    return value
  }
  const rest = digits - 10
  const year = isShort ? number(0, 2) + (number(0, 2) < 50 ? 2000 : 1900) : number(0, 4)
  const [month, day] = [number(rest, rest + 2), number(rest + 2, rest + 4)]
  return Date.UTC(
    year,
    month - 1,
    day,
    number(rest + 4, rest + 6),
    number(rest + 6, rest + 8),
    number(rest + 8, digits),
  )
}
