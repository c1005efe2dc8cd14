/** Reads the TLS presentation language as RFC 9420 §2.1 uses it, strictly: minimal lengths, nothing past the end. */
import { refuse } from './refusal.js'

/** A cursor over bytes that must not change while they are read; what it returns are views on them. */
export type Reader = { readonly bytes: Uint8Array; at: number; readonly end: number }

export const readerOf = (bytes: Uint8Array): Reader => ({ bytes, at: 0, end: bytes.length })

/** Decodes one struct that must fill the bytes exactly. */
export const decodeExactly = <T>(bytes: Uint8Array, read: (reader: Reader) => T): T => {
  const reader = readerOf(bytes)
  const value = read(reader)
  if (reader.at !== reader.end) refuse('malformed', 'trailingBytes')
  return value
}

const take = (reader: Reader, count: number): number => {
  const at = reader.at
  if (count > reader.end - at) refuse('malformed', 'truncated')
  reader.at = at + count
  return at
}

export const readUint8 = (reader: Reader): number => reader.bytes[take(reader, 1)] ?? 0

export const readUint16 = (reader: Reader): number => {
  const at = take(reader, 2)
  return ((reader.bytes[at] ?? 0) << 8) | (reader.bytes[at + 1] ?? 0)
}

export const readUint32 = (reader: Reader): number => readUint16(reader) * 0x1_0000 + readUint16(reader)

export const readUint64 = (reader: Reader): bigint => {
  const high = readUint32(reader)
  const low = readUint32(reader)
  return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low)
}

/** A variable-size length (RFC 9420 §2.1.2): 1, 2 or 4 bytes, always the fewest that hold it. */
export const readLength = (reader: Reader): number => {
  const first = readUint8(reader)
  switch (first >> 6) {
    case 0:
      return first
    case 1: {
      const length = ((first & 0x3f) << 8) | readUint8(reader)
      return length < 0x40 ? refuse('malformed', 'nonMinimalLength') : length
    }
    case 2: {
      const length = ((first & 0x3f) << 24) | (readUint8(reader) << 16) | readUint16(reader)
      return length < 0x4000 ? refuse('malformed', 'nonMinimalLength') : length
    }
    default:
      return refuse('malformed', 'lengthPrefix')
  }
}

/** `opaque[count]`, as a view. */
export const readRaw = (reader: Reader, count: number): Uint8Array => {
  const at = take(reader, count)
  return reader.bytes.subarray(at, at + count)
}

/** `opaque<V>`, as a view. */
export const readOpaque = (reader: Reader): Uint8Array => readRaw(reader, readLength(reader))

/** A reader over the next `<V>` vector, which the caller must exhaust. */
const readNested = (reader: Reader): Reader => {
  const length = readLength(reader)
  const at = take(reader, length)
  return { bytes: reader.bytes, at, end: at + length }
}

/** `T<V>` of at most `max` entries. */
export const readVector = <T>(reader: Reader, read: (reader: Reader) => T, max: number): T[] => {
  const nested = readNested(reader)
  const items: T[] = []
  while (nested.at < nested.end) {
    if (items.length === max) refuse('too-large', 'vectorEntries', { max, actual: max + 1 })
    items.push(read(nested))
  }
  return items
}

/** `optional<T>`: the presence byte is 0 or 1. */
export const readOptional = <T>(reader: Reader, read: (reader: Reader) => T): T | undefined => {
  switch (readUint8(reader)) {
    case 0:
      return undefined
    case 1:
      return read(reader)
    default:
      return refuse('malformed', 'presence')
  }
}

/** The bytes read since `start`, as a view: what was signed or hashed is kept so, never encoded again. */
export const readSince = (reader: Reader, start: number): Uint8Array => reader.bytes.subarray(start, reader.at)
