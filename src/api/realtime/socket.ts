/** One accepted websocket: its frames go to its session in turn, and it is closed with a word. */
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { RawData } from 'ws'
import { framesInTurn } from './framesInTurn.js'
import { frameWriter } from './frameWriter.js'
import type { FrameWriter } from './frameWriter.js'
import { makeHeartbeat } from './heartbeat.js'
import { holdReading } from './reading.js'
import type { ServerSocket } from './serverSocket.js'
import { makeSession } from './session.js'
import type { Session, SessionDependencies } from './session.js'
import type { Voice } from './voices.js'
import { closeCodes, readBinaryFrame, readTextFrame } from './websocketFrames.js'
import type { CloseCode } from './websocketFrames.js'

export type Socket = {
  readonly session: Pick<Session, 'isKnown' | 'speaksFor'>
  readonly close: (code: CloseCode) => void
  /** Without a word. */
  readonly terminate: () => void
  /** Pings and asks about its tokens again; closes one that no longer answers or may no longer speak. */
  readonly lookAfter: () => Promise<void>
  /** Resolves once it is closed. */
  readonly closed: Promise<void>
}

export type Accepted = {
  readonly websocket: ServerSocket
  /** What the websocket runs on: frames out are written to it directly. */
  readonly connection: Duplex
  readonly requestId: string
  readonly greeting: Voice | undefined
}

/** How long a client has to answer a close before the connection is cut, and how much of what it still sends is read. */
const farewellMs = 2_000
const farewellBytesMax = 64 * 1024
/** Between the word about a frame that only the known may send and the close: who reads no further learns why. */
const explainMs = 250

export const makeSocket = (deps: SessionDependencies, accepted: Accepted): Socket => {
  const { websocket, connection, requestId, greeting } = accepted
  const { limits, clock, logger } = deps
  const writer = frameWriter(connection)
  const reading = holdReading(websocket)
  const [known, gone] = [new AbortController(), new AbortController()]
  let leaving = false
  let unheardBytes = 0
  let strangersFrames = 0
  const isOpen = (): boolean => websocket.readyState === WebSocket.OPEN

  const close = (code: CloseCode): void => {
    if (!isOpen()) return
    leaving = true
    line.clear()
    shut(websocket, writer, code)
    void clock.sleep(farewellMs, gone.signal).then(() => {
      websocket.terminate()
    })
  }

  /** A token may be followed at once by what only the known may say: it is not read before the token is judged. */
  const authenticate: SessionDependencies['authenticate'] = async (token) => {
    if (session.isKnown()) return deps.authenticate(token)
    reading.hold('token', true)
    websocket.bound(limits.websocketFrameBytesMax, true)
    try {
      const principal = await deps.authenticate(token)
      if (!('rejected' in principal)) known.abort()
      return principal
    } finally {
      if (!known.signal.aborted) websocket.bound(limits.websocketAnonymousFrameBytesMax, false)
      reading.hold('token', false)
    }
  }

  const session = makeSession({ ...deps, authenticate }, { writer, requestId, close }, greeting)
  const line = framesInTurn<RawFrame>({
    take: async ({ bytes, isBinary }) => {
      if (leaving) return
      await session.take(isBinary ? readBinaryFrame(bytes) : readTextFrame(bytes, limits))
      if (!session.isKnown() && ++strangersFrames >= limits.websocketAnonymousFramesMax) {
        close(closeCodes.notAuthenticated)
      }
    },
    bytesOf: ({ bytes }) => bytes.length,
    pause: (paused) => {
      reading.hold('line', paused)
    },
  })
  const heartbeat = makeHeartbeat(() => {
    websocket.ping()
  }, limits.websocketPingsMissedMax)

  if (session.isKnown()) websocket.bound(limits.websocketFrameBytesMax, true)
  else {
    const enough = AbortSignal.any([known.signal, gone.signal])
    void clock.sleep(limits.websocketFirstTokenMsMax, enough).then(() => {
      if (!known.signal.aborted) close(closeCodes.notAuthenticated)
    })
  }

  websocket.tooLarge = (bytes) => {
    // The library has given up on this connection: what still comes is nobody's.
    setImmediate(() => {
      reading.hold('too large', true)
    })
    const max = limits.websocketAnonymousFrameBytesMax
    if (session.isKnown() || bytes <= max || bytes > limits.websocketFrameBytesMax) {
      close(closeCodes.tooLarge)
      return
    }
    session.complain({ code: 'malformed', detail: `before a token a frame has at most ${max} bytes` })
    void clock.sleep(explainMs, gone.signal).then(() => {
      close(closeCodes.tooLarge)
    })
  }
  websocket.on('message', (data, isBinary) => {
    const bytes = bytesOf(data)
    if (leaving) {
      unheardBytes += bytes.length
      if (unheardBytes > farewellBytesMax) reading.hold('leaving', true)
      return
    }
    heartbeat.heard()
    line.add({ bytes, isBinary })
  })
  websocket.on('ping', heartbeat.heard)
  websocket.on('pong', heartbeat.heard)
  websocket.on('error', (error) => {
    logger.debug('websocket error', { error: error.message })
  })
  const closed = new Promise<void>((resolve) => {
    websocket.on('close', () => {
      gone.abort()
      line.clear()
      writer.end()
      session.end()
      resolve()
    })
  })

  return {
    session,
    close,
    terminate: () => {
      websocket.terminate()
    },
    lookAfter: async () => {
      if (!isOpen()) return
      if (heartbeat.beat()) await session.renew()
      else close(closeCodes.idle)
    },
    closed,
  }
}

type RawFrame = { readonly bytes: Buffer; readonly isBinary: boolean }

const shut = (websocket: WebSocket, writer: FrameWriter, code: CloseCode): void => {
  writer.end()
  websocket.close(code)
  // Whoever does not read would not read this either: what waits for it is let go at once.
  if (code === closeCodes.tooSlow || code === closeCodes.idle) websocket.terminate()
}

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
