/** The `ws` server behind the handshake: the subprotocol, the bounds of a frame, and our own code for one that is too large. */
import { WebSocket, WebSocketServer } from 'ws'
import type { Limits } from '../../limits/limits.js'
import { closeCodes } from './websocketFrames.js'

const subprotocol = 'mls-homeserver.1'

/** Says 4413 where the library would say 1009: its own word for a frame over the limit. */
class ServerSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code === 1009 ? closeCodes.tooLarge : code, reason)
  }
}

export const makeWebSocketServer = (
  limits: Pick<Limits, 'websocketFrameBytesMax' | 'websocketFragmentsMax'>,
): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: limits.websocketFrameBytesMax,
    maxFragments: limits.websocketFragmentsMax,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    WebSocket: ServerSocket,
  })
