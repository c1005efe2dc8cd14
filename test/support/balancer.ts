/** One address before several processes, as production has it: each connection goes to the next of them that takes it. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

export type Balancer = {
  /** To the processes at these ports, whichever of them are there; nobody is before that. */
  readonly leadTo: (ports: readonly number[]) => void
  readonly close: () => Promise<void>
}

/** Takes the port at once: nobody else has it while the processes start. */
export const openBalancer = async (port: number): Promise<Balancer> => {
  let ports: readonly number[] = []
  const open = new Set<Socket>()
  let turn = 0

  const keep = (socket: Socket): Socket => {
    open.add(socket)
    return socket.once('close', () => open.delete(socket)).on('error', () => undefined)
  }

  /** Undefined where none is there. */
  const reach = async (): Promise<Socket | undefined> => {
    for (let n = 0; n < ports.length; n++) {
      const socket = keep(connect(ports[turn++ % ports.length] ?? 0, '127.0.0.1'))
      const isThere = await Promise.race([
        once(socket, 'connect').then(
          () => true,
          () => false,
        ),
        once(socket, 'close').then(() => false),
      ])
      if (isThere) return socket
    }
    return undefined
  }

  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client)
    void reach().then((behind) => {
      if (behind === undefined || client.destroyed) {
        behind?.destroy()
        client.destroy()
        return
      }
      client.pipe(behind).pipe(client)
      // Who dies on one side is gone on the other.
      client.once('close', () => behind.destroy())
      behind.once('close', () => client.destroy())
      client.resume()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    leadTo: (given) => {
      ports = given
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
