/** The realtime door, `GET /v1/websocket`: handshake and tokens, the life of connections, their limits. */
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Observable } from 'rxjs'
import { WebSocket, WebSocketServer } from 'ws'
import type { RawData } from 'ws'
import type { Rejection } from '../../streams/rejection.js'
import type { LiveBatch } from '../../delivery/delivered.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Random } from '../../ports/random.js'
import { addressOf, countsPerAddress } from '../http/address.js'
import { frameWriter } from './frameWriter.js'
import type { FrameWriter } from './frameWriter.js'
import type { Principal } from '../http/principal.js'
import { problemOf, rejectionOfError } from '../http/problems.js'
import { closeCodes, readBinaryFrame, readTextFrame } from './websocketFrames.js'
import type { BinarySend, ClientFrame, CloseCode } from './websocketFrames.js'
import { makeSession } from './websocketSession.js'
import type { Session, SessionDependencies } from './websocketSession.js'
import type { Rejected } from '../../streams/rejection.js'

export type WebsocketDependencies = SessionDependencies & {
  /** The log as it is delivered: who is removed is cut off by it. */
  readonly live: Observable<LiveBatch>
  readonly trustedProxies: readonly string[]
  readonly random: Random
}

export type Websockets = {
  count(): number
  /** Pings, renews tokens, until the signal aborts; then closes every connection (1001). */
  run(signal: AbortSignal): Promise<void>
}

const path = '/v1/websocket'
const subprotocol = 'mls-homeserver.1'
const bearer = 'bearer.'
/** A socket that nobody has spoken for is closed after so long. */
const silentMsMax = 10_000
const farewellMs = 1_000
/** Frames taken but not worked off before reading pauses. */
const framesWaitingMax = 1_024

type Socket = {
  readonly websocket: WebSocket
  readonly session: Session
  readonly close: (code: CloseCode) => void
  readonly openedAt: number
  missed: number
}

/** Says 4413 where the library would say 1009: its own word for a frame over the limit. */
class ServerSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code === 1009 ? closeCodes.tooLarge : code, reason)
  }
}

export const attachWebsockets = (server: Server, deps: WebsocketDependencies): Websockets => {
  const { limits, clock, random, logger } = deps
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()
  const door = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: limits.websocketFrameBytesMax,
    maxFragments: limits.websocketFragmentsMax,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    WebSocket: ServerSocket,
  })

  const upgrade = async (request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> => {
    if (!isHere(request.url ?? '')) {
      refuse(connection, { code: 'no-such-route' })
      return
    }
    const address = countedAddress(request)
    if (address !== undefined && (perAddress.get(address) ?? 0) >= limits.websocketsPerAddressMax) {
      const limit = 'websocketsPerAddressMax'
      refuse(connection, { code: 'limit-reached', limit, max: limits.websocketsPerAddressMax })
      return
    }
    const token = tokenOf(request)
    const principal = token === undefined ? undefined : await deps.authenticate(token)
    if (principal !== undefined && 'rejected' in principal) {
      refuse(connection, principal.rejected)
      return
    }
    door.handleUpgrade(request, connection, head, (websocket) => {
      accept(
        websocket,
        connection,
        address,
        token === undefined || principal === undefined ? undefined : { token, principal },
      )
    })
  }

  const countedAddress = (request: IncomingMessage): string | undefined => {
    const address = addressOf(request, deps.trustedProxies)
    return countsPerAddress(address) || deps.trustedProxies.includes(address) ? address : undefined
  }

  const refuse = (connection: Duplex, rejection: Rejection): void => {
    const problem = problemOf(rejection, toBase64url(random.bytes(12)))
    const body = JSON.stringify(problem)
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ]
    connection.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  }

  type Greeting = { readonly token: string; readonly principal: Principal }
  const accept = (
    websocket: WebSocket,
    connection: Duplex,
    address: string | undefined,
    greeting: Greeting | undefined,
  ): void => {
    const writer = frameWriter(connection)
    const close = (code: CloseCode): void => {
      shut(websocket, writer, code)
    }
    const session = makeSession(deps, {
      writer,
      requestId: toBase64url(random.bytes(12)),
      close,
      pause: (paused) => {
        if (websocket.readyState !== WebSocket.OPEN) return
        if (paused) websocket.pause()
        else websocket.resume()
      },
    })
    if (greeting !== undefined) session.greet(greeting.token, greeting.principal)
    const socket: Socket = { websocket, session, close, openedAt: clock.now(), missed: 0 }
    sockets.add(socket)
    if (address !== undefined) perAddress.set(address, (perAddress.get(address) ?? 0) + 1)
    listen(socket)
    websocket.on('close', () => {
      writer.end()
      session.end()
      sockets.delete(socket)
      if (address !== undefined) forgetOne(perAddress, address)
    })
  }

  const shut = (websocket: WebSocket, writer: FrameWriter, code: CloseCode): void => {
    if (websocket.readyState !== WebSocket.OPEN) return
    writer.end()
    websocket.close(code)
    // Whoever does not read would not read this either: what waits for it is let go at once.
    if (code === closeCodes.tooSlow || code === closeCodes.idle) websocket.terminate()
  }

  /** Frames in turn: an open is done before what follows it is looked at. */
  const listen = (socket: Socket): void => {
    const { websocket, session } = socket
    const waiting: (ClientFrame | BinarySend | Rejected)[] = []
    let working = false
    const work = async (): Promise<void> => {
      working = true
      for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
        await session.take(frame)
        if (waiting.length === framesWaitingMax - 1 && websocket.readyState === WebSocket.OPEN) websocket.resume()
      }
      working = false
    }
    websocket.on('message', (data, isBinary) => {
      socket.missed = 0
      const bytes = bytesOf(data)
      waiting.push(isBinary ? readBinaryFrame(bytes) : readTextFrame(bytes.toString()))
      if (waiting.length === framesWaitingMax) websocket.pause()
      if (!working) void work()
    })
    websocket.on('pong', () => {
      socket.missed = 0
    })
    websocket.on('error', (error) => {
      logger.debug('websocket error', { error: error.message })
    })
  }

  /** Missing two in a row is idle (limits.md); one that nobody has spoken for yet has less time. */
  const lookAfter = async (socket: Socket): Promise<void> => {
    const { websocket, session } = socket
    if (websocket.readyState !== WebSocket.OPEN) return
    if (socket.missed >= limits.websocketPingsMissedMax) {
      socket.close(closeCodes.idle)
      return
    }
    socket.missed++
    websocket.ping()
    await session.renew()
  }

  const closeSilent = (): void => {
    for (const { session, close, openedAt } of sockets) {
      if (!session.isKnown() && clock.now() - openedAt > silentMsMax) close(closeCodes.notAuthenticated)
    }
  }

  /** With a word, and a moment for the other side to answer it. */
  const closeAll = async (): Promise<void> => {
    const closed = [...sockets].map(({ websocket }) => new Promise((resolve) => websocket.once('close', resolve)))
    for (const { close } of sockets) close(closeCodes.goingAway)
    const enough = new AbortController()
    await Promise.race([Promise.all(closed), clock.sleep(farewellMs, enough.signal)])
    enough.abort()
    for (const { websocket } of sockets) websocket.terminate()
  }

  const tryLookAfter = async (socket: Socket): Promise<void> => {
    try {
      await lookAfter(socket)
    } catch (error) {
      if (rejectionOfError(error) === undefined) throw error
      logger.warn('token not renewed: the store is away', { error: String(error) })
    }
  }

  deps.live.subscribe({
    next: ({ delivered }) => {
      for (const { clientsGone } of delivered) for (const client of clientsGone) cutOff(client)
    },
    error: () => undefined,
  })
  const cutOff = (client: ClientId): void => {
    for (const { session, close } of sockets) {
      if (session.speaksFor(client)) close(closeCodes.notAuthenticated)
    }
  }

  server.on('upgrade', (request, connection, head) => {
    connection.on('error', () => connection.destroy())
    upgrade(request, connection, head).catch((error: unknown) => {
      const rejection = rejectionOfError(error)
      if (rejection === undefined) logger.error('handshake failed', { error: String(error) })
      if (rejection === undefined) connection.destroy()
      else refuse(connection, rejection)
    })
  })

  return {
    count: () => sockets.size,
    run: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(limits.websocketPingMs, signal)
        closeSilent()
        await Promise.all([...sockets].map(tryLookAfter))
      }
      await closeAll()
      door.close()
    },
  }
}

/** What is no URL at all names nothing either. */
const isHere = (url: string): boolean => {
  const base = 'http://localhost'
  return URL.canParse(url, base) && new URL(url, base).pathname === path
}

const tokenOf = (request: IncomingMessage): string | undefined => {
  const header = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  return header ?? offered.find((protocol) => protocol.startsWith(bearer))?.slice(bearer.length)
}

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

const forgetOne = (counts: Map<string, number>, key: string): void => {
  const left = (counts.get(key) ?? 1) - 1
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}
