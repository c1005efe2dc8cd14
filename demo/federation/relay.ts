/** A way to a server: it passes on what comes, counts it, and can be cut. */
import { createServer, request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { pipeline } from 'node:stream'

export type Relay = {
  readonly url: string
  /** As URLs name it. */
  readonly host: string
  /** Requests so far, those for websockets among them. */
  readonly requests: () => number
  /** Nothing comes through until it is mended. */
  readonly cut: () => void
  readonly mend: () => void
  readonly close: () => Promise<void>
}

const loopback = '127.0.0.1'

/** `port`: of the server, on this machine. */
export const openRelay = async (port: number): Promise<Relay> => {
  let [requests, isCut] = [0, false]
  const open = new Set<Socket>()
  const drop = (): void => {
    for (const socket of open) socket.destroy()
  }
  const passOn = (incoming: IncomingMessage): ClientRequest => {
    requests++
    const { method, url, headers } = incoming
    const asked = request({ host: loopback, port, method, path: url, headers, agent: false })
    // Whoever asks sees what it would see without a relay: a server that is gone in the middle.
    asked.on('error', () => incoming.socket.destroy())
    return asked
  }

  const server = createServer((incoming, outgoing) => {
    const asked = passOn(incoming)
    asked.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      pipeline(answer, outgoing, () => undefined)
    })
    pipeline(incoming, asked, () => undefined)
  })
  server.on('upgrade', (incoming: IncomingMessage, near: Socket, first: Buffer) => {
    const asked = passOn(incoming)
    asked.on('upgrade', (answer, far, farFirst) => {
      near.write(headOf(answer))
      near.write(farFirst)
      far.write(first)
      pipeline(near, far, near, () => undefined)
    })
    asked.on('response', () => near.destroy())
    asked.end()
  })
  server.on('connection', (socket: Socket) => {
    if (isCut) socket.destroy()
    else open.add(socket.once('close', () => open.delete(socket)))
  })
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve))
  const host = `${loopback}:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}`,
    host,
    requests: () => requests,
    cut: () => {
      isCut = true
      drop()
    },
    mend: () => {
      isCut = false
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      drop()
      await closed
    },
  }
}

const headOf = ({ rawHeaders }: IncomingMessage): string => {
  const fields = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1] ?? ''}`] : []))
  return ['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n')
}
