/** One accepted websocket: its frames go to its session in turn, and it is closed with a word. */
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { RawData } from 'ws'
import { framesInTurn } from './framesInTurn.js'
import { frameWriter } from './frameWriter.js'
import type { FrameWriter } from './frameWriter.js'
import { makeHeartbeat } from './heartbeat.js'
import { makeSession } from './session.js'
import type { FrameIn, Session, SessionDependencies } from './session.js'
import type { Voice } from './voices.js'
import { closeCodes, readBinaryFrame, readTextFrame } from './websocketFrames.js'
import type { CloseCode } from './websocketFrames.js'

export type Socket = {
  readonly session: Pick<Session, 'isKnown' | 'speaksFor'>
  /** ms since 1970 */
  readonly openedAt: number
  readonly close: (code: CloseCode) => void
  /** Without a word. */
  readonly terminate: () => void
  /** Pings and asks about its tokens again; closes one that no longer answers or may no longer speak. */
  readonly lookAfter: () => Promise<void>
  /** Resolves once it is closed. */
  readonly closed: Promise<void>
}

export type Accepted = {
  readonly websocket: WebSocket
  /** What the websocket runs on: frames out are written to it directly. */
  readonly connection: Duplex
  readonly requestId: string
  readonly greeting: Voice | undefined
}

export const makeSocket = (deps: SessionDependencies, accepted: Accepted): Socket => {
  const { websocket, connection, requestId, greeting } = accepted
  const { limits, clock, logger } = deps
  const writer = frameWriter(connection)
  const isOpen = (): boolean => websocket.readyState === WebSocket.OPEN

  const close = (code: CloseCode): void => {
    if (isOpen()) shut(websocket, writer, code)
  }
  const pause = (paused: boolean): void => {
    if (paused) websocket.pause()
    else websocket.resume()
  }

  const session = makeSession(deps, { writer, requestId, close, pause }, greeting)
  const take = framesInTurn<FrameIn>({ take: session.take, pause })
  const heartbeat = makeHeartbeat(() => {
    websocket.ping()
  }, limits.websocketPingsMissedMax)

  websocket.on('message', (data, isBinary) => {
    heartbeat.heard()
    const bytes = bytesOf(data)
    take(isBinary ? readBinaryFrame(bytes) : readTextFrame(bytes.toString()))
  })
  websocket.on('pong', heartbeat.heard)
  websocket.on('error', (error) => {
    logger.debug('websocket error', { error: error.message })
  })
  const closed = new Promise<void>((resolve) => {
    websocket.on('close', () => {
      writer.end()
      session.end()
      resolve()
    })
  })

  return {
    session,
    openedAt: clock.now(),
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
