/** What the messages of EventStoreDB are made of (protobuf): how a field is announced, and messages inside messages. */
import type { Reader } from 'protobufjs/minimal.js'

/** By its number: a number follows, or what stands behind its length. */
export const number = (at: number): number => at << 3
export const sized = (at: number): number => (at << 3) | 2

/** A whole number up to 2^53; what is larger loses its last digits. Throws RangeError where it is cut. */
export const wholeIn = (reader: Reader): number => {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.buf[reader.pos++]
    if (byte === undefined) throw new RangeError('a number that is cut')
    value += (byte & 127) * scale
    if (byte < 128) return value
  }
}

/** Reads a message that stands behind its length. Throws RangeError where it is cut. */
export const inside = <Result>(reader: Reader, read: (reader: Reader, end: number) => Result): Result => {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('a message that is cut')
  return read(reader, end)
}

/** The one text of a message that has no more. */
export const textIn =
  (wanted: number) =>
  (reader: Reader, end: number): string => {
    let text = ''
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === wanted) text = reader.string()
      else reader.skipType(tag & 7)
    }
    return text
  }

/** event_store.client.UUID, as a text. */
export const uuidIn = textIn(sized(2))
