/**
 * What one connection may ask for at once: so many requests in work, those behind them in line. A request that does not
 * come in its time, or an answer that nobody takes, ends the connection, with all that is held for it.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Limits } from '../../../limits/limits.js'
import type { Clock } from '../../../ports/clock.js'
import type { Lasting } from '../request/incoming.js'
import type { ReadSoFar } from './bodyAhead.js'
import { readInTurns } from './readsInTurn.js'
import type { ReadsInTurn } from './readsInTurn.js'

export type RequestsInTurn = {
  readonly listener: RequestListener
  /** Reads the connections of the server, whose requests go to the listener, a piece at a time. */
  readonly attend: (server: Server) => void
  /** Ends the connections whose requests do not come or whose answers are not taken, until the signal aborts. */
  readonly watch: (signal: AbortSignal) => Promise<void>
}

type Answer = ServerResponse
type Line = {
  /** Requests read so far, and how long the newest says that its body is. */
  read: ReadSoFar
  /** Answers that are being made or taken, oldest first. */
  readonly inWork: Set<Answer>
  readonly waiting: (readonly [IncomingMessage, Answer])[]
  /** To the newest request, until all of that was read: an answer may be long gone by then. */
  newest: Answer | undefined
  /** The oldest answer when it was last found whole and not taken, and since when (ms since 1970). */
  untaken: Since | undefined
  /** That answer when its request was last found read in part, and since when. */
  unread: Since | undefined
}
type Since = { readonly answer: Answer; readonly since: number }

const nothingRead: ReadSoFar = { begun: 0, bodyBytes: 0 }

export const requestsInTurn = (
  serve: RequestListener,
  limits: Pick<Limits, 'requestsInFlightMax' | 'answerTakenMsMax' | 'requestTimeoutMs'>,
  clock: Clock,
  lasting?: Lasting,
): RequestsInTurn => {
  const lines = new Map<Socket, Line>()
  const reads = new WeakMap<object, ReadsInTurn>()

  const lineOf = (socket: Socket): Line => {
    const known = lines.get(socket)
    if (known !== undefined) return known
    const line: Line = {
      ...{ read: nothingRead, inWork: new Set<Answer>(), waiting: [] },
      ...{ newest: undefined, untaken: undefined, unread: undefined },
    }
    lines.set(socket, line)
    socket.once('close', () => {
      lines.delete(socket)
      line.waiting.length = 0
    })
    return line
  }

  const begin = (line: Line, request: IncomingMessage, answer: Answer): void => {
    line.inWork.add(answer)
    answer.once('finish', () => {
      line.inWork.delete(answer)
      // Others have their turn first: whoever asks for a thousand things at once waits for each of them, and nobody else does.
      if (line.waiting.length > 0) setImmediate(goOn, line)
    })
    serve(request, answer)
  }

  const goOn = (line: Line): void => {
    const next = line.inWork.size < limits.requestsInFlightMax ? line.waiting.shift() : undefined
    if (next === undefined) return
    begin(line, ...next)
    if (line.waiting.length === 0) reads.get(next[0].socket)?.goOn()
  }

  const listener: RequestListener = (request, answer) => {
    const { socket } = request
    // What came in the same read as that which ended it.
    if (socket.destroyed) return
    const line = lineOf(socket)
    line.read = { begun: line.read.begun + 1, bodyBytes: Number(request.headers['content-length'] ?? 0) }
    line.newest = answer
    if (line.inWork.size < limits.requestsInFlightMax && line.waiting.length === 0) begin(line, request, answer)
    else line.waiting.push([request, answer])
  }

  /** An answer is untaken when all of it was given and none behind it can go out before it. */
  const endUntaken = (): void => {
    const now = clock.now()
    for (const [socket, line] of lines) {
      const [answer] = line.inWork
      if (answer?.writableEnded !== true) line.untaken = undefined
      else if (line.untaken?.answer !== answer) line.untaken = { answer, since: now }
      else if (now - line.untaken.since >= limits.answerTakenMsMax) socket.destroy()
    }
  }

  /**
   * A request that was answered before it was read is read on, to nowhere, and has no more time than others. Those that may last are
   * left to whoever reads them, and have their time from then on.
   */
  const endUnread = (): void => {
    const now = clock.now()
    for (const [socket, line] of lines) {
      if (line.newest?.req.complete === true) line.newest = undefined
      const answer = line.waiting.length === 0 ? line.newest : undefined
      if (answer === undefined || lasting?.has(answer.req) === true) line.unread = undefined
      else if (line.unread?.answer !== answer) line.unread = { answer, since: now }
      else if (now - line.unread.since >= limits.requestTimeoutMs) {
        if (line.inWork.size === 1 && !answer.headersSent) socket.write(timedOut)
        socket.destroy()
      }
    }
  }

  const attend: RequestsInTurn['attend'] = (server) => {
    // Node's own would end an upload as well: it knows one time for all.
    server.requestTimeout = 0
    // Node would answer 417 by itself, past all that is held against a request here. RFC 9110 §10.1.1 lets it be passed over.
    server.on('checkExpectation', listener)
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      reads.set(
        socket,
        readInTurns(socket, {
          soFar: () => lines.get(socket)?.read ?? nothingRead,
          mayHandOn: () => (lines.get(socket)?.waiting.length ?? 0) === 0,
        }),
      )
    })
    server.prependListener('upgrade', ({ socket }) => {
      reads.get(socket)?.end()
      if (isOwing(lines.get(socket))) socket.destroy()
    })
  }

  return {
    listener,
    attend,
    watch: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(Math.min(limits.answerTakenMsMax, limits.requestTimeoutMs) / looks, signal)
        endUntaken()
        endUnread()
      }
    },
  }
}

/**
 * Whether an answer is still to be made: nothing may go out before it, and the connection speaks HTTP no more once it was asked
 * to speak something else. Of one that is made, the rest goes out first.
 */
const isOwing = (line: Line | undefined): boolean =>
  line !== undefined &&
  (line.waiting.length > 0 || line.inWork.size > 1 || [...line.inWork].some(({ writableEnded }) => !writableEnded))

/** As node says it, past whoever would answer. */
const timedOut = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'

/** So often is looked within the time that an answer has. */
const looks = 30
