/**
 * What one read of a connection brings, in pieces: a read may hold fifteen hundred requests, and the parser would make
 * something of each of them before anybody else had a turn. What is a body for certain is handed on as it came.
 */
import type { Socket } from 'node:net'
import { bodyAhead } from './bodyAhead.js'
import type { ReadSoFar } from './bodyAhead.js'

/** Bytes of a piece. */
export const readPieceBytes = 4 * 1024

/** What is known of a connection by whoever hears its requests. */
export type Heard = {
  readonly soFar: () => ReadSoFar
  /** Whether more requests may be made of what was read. */
  readonly mayHandOn: () => boolean
}

export type ReadsInTurn = {
  /** More may be handed on again. */
  readonly goOn: () => void
  /** The connection speaks something else from now on: it is read as it comes. */
  readonly end: () => void
}

export const readInTurns = (socket: Socket, { soFar, mayHandOn }: Heard): ReadsInTurn => {
  const push = socket.push.bind(socket)
  const read = socket._read.bind(socket)
  const { ahead, handOn } = bodyAhead(soFar)
  const waiting: (Buffer | null)[] = []
  let [held, over, wanted] = [false, false, true]

  const hand = (piece: Buffer | null, encoding?: BufferEncoding): boolean =>
    handOn(piece?.length ?? 0, () => push(piece, encoding))

  /** All that is a body, and little of what may be many requests. */
  const nextPiece = (): Buffer | null | undefined => {
    const chunk = waiting.shift()
    const most = Math.max(readPieceBytes, ahead())
    if (chunk === null || chunk === undefined || chunk.length <= most) return chunk
    waiting.unshift(chunk.subarray(most))
    return chunk.subarray(0, most)
  }

  /** node:http or whoever hears the requests has enough. */
  const isHeld = (): boolean => !over && (isHeldByHttp(socket) || !mayHandOn())

  const work = (): void => {
    held = false
    for (let piece = nextPiece(); piece !== undefined && !socket.destroyed; piece = nextPiece()) {
      wanted = hand(piece)
      // What waited inside of it would be read in one go.
      held = waiting.length > 0 && (isHeld() || (!over && socket.isPaused()))
      if (held) return
    }
  }

  // Nothing more is read from the network before what was is worked off.
  socket._read = (size) => {
    if (!held) read(size)
  }
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    held ||= isHeld()
    if (!held && (over || chunk === null || chunk.length <= readPieceBytes)) return hand(chunk, encoding)
    waiting.push(chunk)
    if (!held) work()
    // Whoever reads has enough: nothing more comes in before that is taken, or an upload would be in memory as a whole.
    return wanted && !held
  }
  const goOn = (): void => {
    if (held && !isHeld() && !socket.isPaused()) work()
  }
  socket.on('resume', goOn)
  hear(socket)
  return {
    goOn,
    end: () => {
      over = true
      if (held) work()
    },
  }
}

/**
 * Whether node:http has stopped reading because answers are not taken: it ends the process (an assertion) when anything is
 * handed to it before it resumes by itself, whoever else resumed the connection meanwhile.
 */
const isHeldByHttp = (socket: Socket): boolean => (socket as { readonly _paused?: boolean })._paused === true

/** Whoever has once listened to a connection is told of every read: the parser no longer reads behind its back. */
const hear = (socket: Socket): void => {
  const listen = (): void => undefined
  socket.on('data', listen)
  socket.off('data', listen)
}
