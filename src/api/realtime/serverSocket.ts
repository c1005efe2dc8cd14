/** The `ws` server behind the handshake: the subprotocol, the bounds of a frame, and our own word for one that is too large. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { Limits } from '../../limits/limits.js'

const subprotocol = 'mls-homeserver.1'

/** What of the library's receiver can be changed only behind its back (its version is pinned, and tests notice). */
type Receiver = {
  _maxPayload: number
  _allowSynchronousEvents: boolean
  readonly _totalPayloadLength: number
  readonly _errored: boolean
  _write: (chunk: Buffer, encoding: BufferEncoding, done: () => void) => void
}

export class ServerSocket extends WebSocket {
  /** Told of a frame over the limit, in place of the library's close with 1009; `bytes`: as it said, 0 if past counting. */
  tooLarge: (bytes: number) => void = () => undefined

  override close(code?: number, reason?: string | Buffer): void {
    if (code === 1009) this.tooLarge(this.receiver()._totalPayloadLength)
    else super.close(code, reason)
  }

  /** From now on frames may have so many bytes; those of one read are told of at once, or one in each turn. */
  bound(frameBytesMax: number, atOnce: boolean): void {
    const receiver = this.receiver()
    receiver._maxPayload = frameBytesMax
    receiver._allowSynchronousEvents = atOnce
  }

  /**
   * What came behind a frame that was none is not looked at. By itself the receiver goes on with what waits in its buffer,
   * in the middle of a frame, and throws where nobody catches it.
   */
  stopAtErrors(): void {
    const receiver = this.receiver()
    const write = receiver._write.bind(receiver)
    receiver._write = (chunk, encoding, done) => {
      if (receiver._errored) done()
      else write(chunk, encoding, done)
    }
  }

  private receiver(): Receiver {
    return (this as unknown as { readonly _receiver: Receiver })._receiver
  }
}

export type WebSockets = {
  /** Ends the handshake; the socket is a stranger's until it is bound otherwise. */
  readonly upgrade: (
    request: IncomingMessage,
    connection: Duplex,
    head: Buffer,
    accept: (websocket: ServerSocket) => void,
  ) => void
  readonly close: () => void
}

export const makeWebSocketServer = (
  limits: Pick<Limits, 'websocketAnonymousFrameBytesMax' | 'websocketFragmentsMax'>,
): WebSockets => {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: limits.websocketAnonymousFrameBytesMax,
    allowSynchronousEvents: false,
    maxFragments: limits.websocketFragmentsMax,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    WebSocket: ServerSocket,
  })
  return {
    upgrade: (request, connection, head, accept) => {
      server.handleUpgrade(request, connection, head, (websocket) => {
        if (!(websocket instanceof ServerSocket)) return
        websocket.stopAtErrors()
        accept(websocket)
      })
    },
    close: () => {
      server.close()
    },
  }
}
