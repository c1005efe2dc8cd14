/**
 * What one read of a connection brings, in pieces: a read may hold fifteen hundred requests, and the parser would make
 * something of each of them before anybody else had a turn.
 */
import type { Socket } from 'node:net'

/** Bytes of a piece. */
export const readPieceBytes = 4 * 1024
/** Requests in one piece after which others have their turn; bodies go on at once. */
const requestsInOneTurn = 8

export type ReadsInTurn = {
  /** The connection speaks something else from now on: it is read as it comes. */
  readonly end: () => void
}

/** `begun`: how many requests of this connection were read so far. */
export const readInTurns = (socket: Socket, begun: () => number): ReadsInTurn => {
  const push = socket.push.bind(socket)
  const read = socket._read.bind(socket)
  const waiting: (Buffer | null)[] = []
  let [resting, over, wanted] = [false, false, true]

  const work = (): void => {
    resting = false
    for (let piece = waiting.shift(); piece !== undefined && !socket.destroyed; piece = waiting.shift()) {
      const before = begun()
      wanted = push(piece)
      if (waiting.length === 0 || begun() - before < requestsInOneTurn) continue
      resting = true
      setImmediate(work)
      return
    }
  }

  // Nothing more is read from the network before what was is worked off.
  socket._read = (size) => {
    if (!resting) read(size)
  }
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (!resting && (over || chunk === null || chunk.length <= readPieceBytes)) return push(chunk, encoding)
    waiting.push(...piecesOf(chunk))
    if (!resting) work()
    // Whoever reads has enough: nothing more comes in before that is taken, or an upload would be in memory as a whole.
    return wanted && !resting
  }
  hear(socket)
  return {
    end: () => {
      over = true
    },
  }
}

const piecesOf = (chunk: Buffer | null): readonly (Buffer | null)[] => {
  if (chunk === null) return [null]
  const pieces: Buffer[] = []
  for (let at = 0; at < chunk.length; at += readPieceBytes) pieces.push(chunk.subarray(at, at + readPieceBytes))
  return pieces
}

/** Whoever has once listened to a connection is told of every read: the parser no longer reads behind its back. */
const hear = (socket: Socket): void => {
  const listen = (): void => undefined
  socket.on('data', listen)
  socket.off('data', listen)
}
