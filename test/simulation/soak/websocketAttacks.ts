/** What is done to the websocket, with a token and without: silence, floods, frames that are too large or none. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { attackersAddress } from './attack.js'
import type { Attack, Ground } from './attack.js'
import { given } from './connection.js'

const KiB = 1024

type Opened = {
  readonly socket: WebSocket
  /** The close code, `refused` with a status, or `left` after so many ms. */
  readonly end: (ms: number) => Promise<readonly string[]>
}

const open = async ({ port, signal }: Ground, token?: string): Promise<Opened> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/websocket`, {
    localAddress: attackersAddress,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  })
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => {
    socket.once('close', (code) => {
      resolve(String(code))
    })
    socket.once('unexpected-response', (_request, answer) => {
      resolve(`refused ${answer.statusCode ?? 0}`)
      socket.terminate()
    })
  })
  await Promise.race([once(socket, 'open').catch(() => undefined), ended])
  return {
    socket,
    end: async (ms) => {
      const how = await Promise.race([ended, given(ms, signal)])
      socket.terminate()
      return [how]
    },
  }
}

const isOpen = ({ readyState }: WebSocket): boolean => readyState === WebSocket.OPEN

/** Sends until so much is out, or nobody takes any more. */
const flood = async ({ signal }: Ground, socket: WebSocket, bytesMax: number, one: () => number): Promise<void> => {
  for (let bytes = 0; bytes < bytesMax && isOpen(socket) && !signal.aborted;) {
    bytes += one()
    if (socket.bufferedAmount > 256 * KiB) await given(20, signal)
    if (socket.bufferedAmount > 4_096 * KiB) return
  }
}

const frames = [
  '{"type":"open"}',
  '{"type":"open","queue":"mimi://localhost/q/AAAAAAAAAAAAAAAAAAAAAA","after":"x.1"}',
  '{"type":"acknowledge","queue":"mimi://localhost/q/AAAAAAAAAAAAAAAAAAAAAA","upTo":"x.9"}',
  '{"type":"send","id":"a","group":"mimi://localhost/g/AAAAAAAAAAAAAAAAAAAAAA","message":"AAEAAgAA"}',
  '{"type":"token","token":"x"}',
  '[[[[1,2,3]]]]',
]

/** Known codes of the server's own, and those of a protocol that was broken; never 1011, which is a bug. */
const closed = /^(1002|1005|1006|1007|1008|1009|4401|4408|4409|4413|4429|refused 429|left)$/

export const websocketAttacks: readonly Attack[] = [
  {
    name: 'large frames without a token',
    everyMs: 1_000,
    answers: closed,
    run: async (ground) => {
      const { socket, end } = await open(ground)
      const size = ground.random.pick([8 * KiB, 8 * KiB + 1, 60 * KiB, 512 * KiB])
      const frame = `{"type":"token","token":"x","y":[${'1,'.repeat((size - 40) / 2)}1]}`
      await flood(ground, socket, 4_096 * KiB, () => {
        socket.send(frame)
        return frame.length
      })
      return end(15_000)
    },
  },
  {
    name: 'silence without a token',
    everyMs: 300,
    answers: closed,
    run: async (ground) => (await open(ground)).end(20_000),
  },
  {
    name: 'pings whose answers nobody reads',
    everyMs: 2_000,
    answers: closed,
    run: async (ground) => {
      const { socket, end } = await open(ground, ground.random.pick([undefined, ground.attacker().token]))
      if (isOpen(socket)) socket.pause()
      const ping = Buffer.alloc(125)
      await flood(ground, socket, 8_192 * KiB, () => {
        for (let n = 0; n < 100; n++) socket.ping(ping)
        return 100 * ping.length
      })
      return end(10_000)
    },
  },
  {
    name: 'frames that are none',
    everyMs: 500,
    answers: closed,
    run: async (ground) => {
      const { random } = ground
      const { socket, end } = await open(ground, random.pick([undefined, ground.attacker().token]))
      for (let n = 0; n < 50 && isOpen(socket); n++) {
        const text = Buffer.from(random.pick(frames))
        for (let flips = random.integer(4); flips > 0; flips--) text[random.integer(text.length)] = random.integer(256)
        socket.send(text, { binary: random.integer(3) === 0, fin: random.integer(9) > 0, mask: random.integer(20) > 0 })
      }
      return end(1_000)
    },
  },
  {
    name: 'opens without an end',
    everyMs: 3_000,
    answers: closed,
    run: async (ground) => {
      const { socket, end } = await open(ground, ground.attacker().token)
      if (isOpen(socket) && ground.random.integer(2) === 0) socket.pause()
      for (let n = 0; n < 300 && isOpen(socket); n++) socket.send('{"type":"open"}')
      return end(5_000)
    },
  },
]
