/** A TCP proxy that misbehaves on demand: it stalls, slows down, cuts connections and refuses new ones. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type TcpFaultProxy = {
  readonly port: number
  /** Bytes go on as they come. */
  readonly pass: () => void
  /** Connections stay open and carry nothing, either way, until `pass`; then what was held back goes on. */
  readonly stall: () => void
  /** What the server answers is held back; what it is asked still reaches it: its writes land unseen. */
  readonly stallAnswers: () => void
  /** Every piece waits for so long. */
  readonly slow: (ms: number) => void
  /** Ends all connections without a word (RST) and goes on with new ones. */
  readonly reset: () => void
  /** Ends all connections and refuses new ones until `pass`. */
  readonly drop: () => void
  readonly close: () => Promise<void>
}

type Mode = 'pass' | 'stall' | 'stallAnswers' | 'drop' | { readonly slowMs: number }

/** Stands before a server on the loopback. */
export const tcpFaultProxy = async (targetPort: number): Promise<TcpFaultProxy> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let mode: Mode = 'pass'
  let changed = withResolver()
  const turn = (to: Mode): void => {
    mode = to
    changed.resolve()
    changed = withResolver()
  }
  const held = (answering: boolean): boolean => mode === 'stall' || (answering && mode === 'stallAnswers')

  const pump = async (from: Socket, to: Socket, answering: boolean): Promise<void> => {
    try {
      for await (const piece of from) {
        while (held(answering)) await changed.promise
        if (typeof mode === 'object') await pause(mode.slowMs)
        if (!to.write(piece as Uint8Array)) await once(to, 'drain')
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  const accept = (client: Socket): void => {
    if (mode === 'drop') {
      client.resetAndDestroy()
      return
    }
    const server = connect(targetPort, '127.0.0.1')
    const pair = [client, server] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        pairs.delete(pair)
        for (const either of pair) either.destroy()
      })
    }
    void pump(client, server, false)
    void pump(server, client, true)
  }

  const cut = (): void => {
    for (const [client, server] of pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  const listener = createServer(accept).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    pass: () => {
      turn('pass')
    },
    stall: () => {
      turn('stall')
    },
    stallAnswers: () => {
      turn('stallAnswers')
    },
    slow: (slowMs) => {
      turn({ slowMs })
    },
    reset: cut,
    drop: () => {
      turn('drop')
      cut()
    },
    close: async () => {
      turn('drop')
      cut()
      listener.close()
      await once(listener, 'close')
    },
  }
}

const withResolver = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
