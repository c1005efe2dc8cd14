/** Writes the TLS presentation language as RFC 9420 §2.1 uses it. */

export type Writer = { bytes: Uint8Array; length: number }

export const writerOf = (capacity = 256): Writer => ({ bytes: new Uint8Array(capacity), length: 0 })

/** What was written, as bytes of its own. */
export const written = (writer: Writer): Uint8Array => writer.bytes.slice(0, writer.length)

/** Encodes one value with its writing function; `room`: about how many bytes it takes, where they are many. */
export const encodeWith = <T>(write: (writer: Writer, value: T) => void, value: T, room?: number): Uint8Array => {
  const writer = writerOf(room)
  write(writer, value)
  return written(writer)
}

const reserve = (writer: Writer, count: number): number => {
  const at = writer.length
  const needed = at + count
  if (needed > writer.bytes.length) {
    const grown = new Uint8Array(Math.max(needed, writer.bytes.length * 2))
    grown.set(writer.bytes.subarray(0, at))
    writer.bytes = grown
  }
  writer.length = needed
  return at
}

export const writeUint8 = (writer: Writer, value: number): void => {
  const at = reserve(writer, 1)
  writer.bytes[at] = value
}

export const writeUint16 = (writer: Writer, value: number): void => {
  const at = reserve(writer, 2)
  writer.bytes[at] = value >>> 8
  writer.bytes[at + 1] = value
}

export const writeUint32 = (writer: Writer, value: number): void => {
  writeUint16(writer, value >>> 16)
  writeUint16(writer, value & 0xffff)
}

export const writeUint64 = (writer: Writer, value: bigint): void => {
  writeUint32(writer, Number((value >> 32n) & 0xffff_ffffn))
  writeUint32(writer, Number(value & 0xffff_ffffn))
}

/** The fewest of 1, 2 or 4 bytes that hold the length (RFC 9420 §2.1.2). */
export const writeLength = (writer: Writer, length: number): void => {
  if (length < 0x40) writeUint8(writer, length)
  else if (length < 0x4000) writeUint16(writer, 0x4000 | length)
  else if (length < 0x4000_0000) writeUint32(writer, (0x8000_0000 | length) >>> 0)
  else throw new RangeError(`a vector has at most 2^30 - 1 bytes, not ${length}`)
}

/** Bytes as they are, without a length. */
export const writeRaw = (writer: Writer, bytes: Uint8Array): void => {
  const at = reserve(writer, bytes.length)
  writer.bytes.set(bytes, at)
}

export const writeOpaque = (writer: Writer, bytes: Uint8Array): void => {
  writeLength(writer, bytes.length)
  writeRaw(writer, bytes)
}

export const writeVector = <T>(
  writer: Writer,
  items: readonly T[],
  write: (writer: Writer, item: T) => void,
  room?: number,
): void => {
  const inner = writerOf(room)
  for (const item of items) write(inner, item)
  writeOpaque(writer, inner.bytes.subarray(0, inner.length))
}

export const writeOptional = <T>(
  writer: Writer,
  value: T | undefined,
  write: (writer: Writer, value: T) => void,
): void => {
  writeUint8(writer, value === undefined ? 0 : 1)
  if (value !== undefined) write(writer, value)
}
