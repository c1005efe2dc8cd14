/** Messages of gRPC as they lie in a stream: each behind a byte that says whether it is compressed, and its length in four. */

/** As large as what the client lets through. */
const messageBytesMax = 17 * 1024 * 1024
const headerBytes = 5

export const framed = (messages: readonly Buffer[]): Buffer => {
  const bytes = Buffer.allocUnsafe(messages.reduce((sum, { length }) => sum + headerBytes + length, 0))
  let at = 0
  for (const message of messages) {
    at = bytes.writeUInt8(0, at)
    at = bytes.writeUInt32BE(message.length, at)
    bytes.set(message, at)
    at += message.length
  }
  return bytes
}

/**
 * Takes a stream piece by piece, and hands on each message once it is whole: a view that holds until the piece is gone. Throws
 * RangeError on one that is compressed, or larger than any may be.
 */
export const unframed = (handOn: (message: Buffer) => void): ((piece: Buffer) => void) => {
  let pieces: Buffer[] = []
  let length = 0
  /** So much is needed to go on. */
  let needed = headerBytes

  const takeWhole = (bytes: Buffer): Buffer => {
    for (let at = 0; ; at += needed) {
      const rest = bytes.length - at
      needed = rest < headerBytes ? headerBytes : headerBytes + lengthIn(bytes, at)
      if (rest < needed) return bytes.subarray(at)
      handOn(bytes.subarray(at + headerBytes, at + needed))
    }
  }

  return (piece) => {
    pieces.push(piece)
    length += piece.length
    if (length < needed) return
    const rest = takeWhole(pieces.length === 1 ? piece : Buffer.concat(pieces, length))
    pieces = rest.length === 0 ? [] : [rest]
    length = rest.length
  }
}

const lengthIn = (bytes: Buffer, at: number): number => {
  if (bytes[at] !== 0) throw new RangeError('a compressed message')
  const length = bytes.readUInt32BE(at + 1)
  if (length > messageBytesMax) throw new RangeError(`a message of ${length} bytes`)
  return length
}
