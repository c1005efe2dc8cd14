/** Servers on loopback that answer whatever a test wants, and say what they were asked. */
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type LoopbackServer = {
  readonly port: number
  /** Of connections that were made, ever. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

const listening = async (server: Server | ReturnType<typeof createTcpServer>): Promise<LoopbackServer> => {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const serveHttp = (listener: RequestListener): Promise<LoopbackServer> => listening(createServer(listener))

export const serveTls = (pair: { readonly cert: string; readonly key: string }, listener: RequestListener) =>
  listening(createTlsServer(pair, listener))

/** Bytes as they are, to whoever connects and says something. */
export const serveBytes = (say: (socket: Socket) => void): Promise<LoopbackServer> =>
  listening(
    createTcpServer((socket) =>
      socket.once('data', () => {
        say(socket)
      }),
    ),
  )

export const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
