/**
 * Writes text frames to a websocket's own connection, many in one write: what a socket is to get together costs one
 * system call instead of one for each frame, and the shared bytes of an item are copied, not encoded again.
 */
import type { Duplex } from 'node:stream'

export type FrameWriter = {
  /** Takes one frame, given in pieces, to be written with the next flush. */
  readonly frame: (...pieces: readonly Buffer[]) => void
  readonly flush: () => void
  readonly unsentBytes: () => number
  /** Resolves when at most so many bytes are unsent, or the connection is over. */
  below(bytes: number): Promise<void>
  /** Writes nothing more. */
  end(): void
}

/** FIN and opcode 1 (RFC 6455 §5.2). */
const finalText = 0x81

export const frameWriter = (connection: Duplex): FrameWriter => {
  let pieces: Buffer[] = []
  let gathered = 0
  let ended = false
  let waiting: (() => void)[] = []

  const unsentBytes = (): number => gathered + connection.writableLength

  const flush = (): void => {
    if (gathered === 0) return
    const bytes = Buffer.allocUnsafe(gathered)
    let at = 0
    for (const piece of pieces) {
      bytes.set(piece, at)
      at += piece.length
    }
    pieces = []
    gathered = 0
    if (!ended) connection.write(bytes)
  }

  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  connection.on('drain', wake)
  connection.on('close', wake)

  return {
    frame: (...frame) => {
      const header = headerOf(frame.reduce((sum, piece) => sum + piece.length, 0))
      pieces.push(header, ...frame)
      gathered += header.length
      for (const piece of frame) gathered += piece.length
    },
    flush,
    unsentBytes,
    below: async (bytes) => {
      flush()
      while (!ended && !connection.destroyed && unsentBytes() > bytes) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    end: () => {
      flush()
      ended = true
      wake()
    },
  }
}

const headerOf = (length: number): Buffer => {
  if (length < 126) return Buffer.from([finalText, length])
  if (length < 0x10000) return Buffer.from([finalText, 126, length >> 8, length & 0xff])
  const header = Buffer.alloc(10)
  header[0] = finalText
  header[1] = 127
  header.writeUInt32BE(length, 6)
  return header
}
