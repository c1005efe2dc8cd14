/** The realtime door, `GET /v1/websocket`: from the handshake to the sockets that are open. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Observable } from 'rxjs'
import type { LiveBatch } from '../../delivery/delivered.js'
import type { Random } from '../../ports/random.js'
import type { Rejection } from '../../streams/rejection.js'
import type { Callers } from '../http/address/callers.js'
import type { Hosts } from '../http/address/hosts.js'
import { rejectionOfError } from '../http/problems.js'
import { newRequestId } from '../http/request/requestId.js'
import { refuseUpgrade } from './refuseUpgrade.js'
import { makeWebSocketServer } from './serverSocket.js'
import type { ServerSocket } from './serverSocket.js'
import type { SessionDependencies } from './session.js'
import { makeSocket } from './socket.js'
import { keepSockets } from './sockets.js'
import { countSocketsPerAddress } from './socketsPerAddress.js'
import { admit } from './upgrade.js'
import type { Admitted } from './upgrade.js'

export type WebsocketDependencies = SessionDependencies & {
  /** The log as it is delivered: who is removed is cut off by it. */
  readonly live: Observable<LiveBatch>
  readonly callers: Callers
  readonly hosts: Hosts
  readonly random: Random
}

export type Websockets = {
  count(): number
  /** Pings, renews tokens, until the signal aborts; then closes every connection (1001). */
  run(signal: AbortSignal): Promise<void>
}

export const attachWebsockets = (server: Server, deps: WebsocketDependencies): Websockets => {
  const { limits, clock, random, logger, authenticate, callers, hosts } = deps
  const sockets = keepSockets({ clock, logger })
  const perAddress = countSocketsPerAddress(limits)
  const webSockets = makeWebSocketServer(limits)

  const upgrade = async (request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> => {
    const admitted = await admit({ authenticate, perAddress, callers, hosts }, request)
    if ('rejected' in admitted) {
      refuse(connection, admitted.rejected)
      return
    }
    webSockets.upgrade(request, connection, head, (websocket) => {
      accept(websocket, connection, admitted)
    })
  }

  const refuse = (connection: Duplex, rejection: Rejection): void => {
    refuseUpgrade(connection, rejection, newRequestId(random))
  }

  const accept = (websocket: ServerSocket, connection: Duplex, { address, greeting }: Admitted): void => {
    const socket = makeSocket(deps, { websocket, connection, requestId: newRequestId(random), greeting })
    sockets.add(socket)
    if (address !== undefined) perAddress.add(address)
    void socket.closed.then(() => {
      sockets.remove(socket)
      if (address !== undefined) perAddress.remove(address)
    })
  }

  deps.live.subscribe({
    next: ({ delivered }) => {
      for (const { clientsGone } of delivered) clientsGone.forEach(sockets.cutOff)
    },
    error: () => undefined,
  })

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
    count: sockets.count,
    run: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(limits.websocketPingMs, signal)
        // Whoever is told to go is not asked first whether it may stay: the store may be away.
        if (!isOver(signal)) await sockets.lookAfter()
      }
      await sockets.closeAll()
      webSockets.close()
    },
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted
