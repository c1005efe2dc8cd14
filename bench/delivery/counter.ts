/** A websocket client that costs next to nothing, so that the server is what is measured: it counts frames and keeps times. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export type Counter = {
  /** Item frames received so far. */
  items(): number
  send(payload: Uint8Array, binary: boolean): void
  close(): void
}

export type CounterOptions = {
  readonly host: string
  readonly port: number
  readonly token: string
  /** Told of each frame, by the first letters of its JSON: `{"type":"item"…`. */
  readonly onFrame: (kind: 'item' | 'queueEmpty' | 'accepted' | 'other', payload: Buffer) => void
}

export const openCounter = async (options: CounterOptions): Promise<Counter> => {
  const socket = connect(options.port, options.host)
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.write(
    [
      'GET /v1/websocket HTTP/1.1',
      `Host: ${options.host}:${options.port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: mls-homeserver.1',
      `Authorization: Bearer ${options.token}`,
      '\r\n',
    ].join('\r\n'),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => {
      if (bytes.toString('latin1').startsWith('HTTP/1.1 101')) resolve()
      else reject(new Error(bytes.toString()))
    })
  })
  return read(socket, options)
}

const read = (socket: Socket, { onFrame }: CounterOptions): Counter => {
  let items = 0
  let rest: Buffer | undefined
  let closed = false
  // Whoever waits for its frames would wait for ever.
  socket.on('error', (error) => {
    if (!closed) throw error
  })
  socket.on('close', () => {
    if (!closed) throw new Error('the server closed a websocket of the benchmark')
  })
  socket.on('data', (chunk: Buffer) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const frame = nextFrame(bytes)
      if (frame === undefined) break
      const payload = bytes.subarray(frame.begin, frame.end)
      bytes = bytes.subarray(frame.end)
      if (frame.opcode === opcodes.ping) socket.write(masked(payload, opcodes.pong))
      if (frame.opcode !== opcodes.text) continue
      const kind = kindOf(payload)
      if (kind === 'item') items++
      onFrame(kind, payload)
    }
    rest = bytes.length === 0 ? undefined : bytes
  })
  return {
    items: () => items,
    send: (payload, binary) => {
      socket.write(masked(payload, binary ? opcodes.binary : opcodes.text))
    },
    close: () => {
      closed = true
      socket.destroy()
    },
  }
}

/** A server lets go of who does not answer its pings, which a slow machine gives it time for. */
const opcodes = { text: 1, binary: 2, ping: 9, pong: 10 } as const

type Bounds = { readonly opcode: number; readonly begin: number; readonly end: number }

const nextFrame = (bytes: Buffer): Bounds | undefined => {
  if (bytes.length < 2) return undefined
  const opcode = (bytes[0] ?? 0) & 15
  const short = (bytes[1] ?? 0) & 127
  const begin = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < begin) return undefined
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6)
  return bytes.length < begin + length ? undefined : { opcode, begin, end: begin + length }
}

/** `{"type":"item"`: the letter at 9 tells the kind. */
const kindOf = (payload: Buffer): 'item' | 'queueEmpty' | 'accepted' | 'other' => {
  const letter = payload[9]
  if (letter === 0x69) return 'item'
  if (letter === 0x71) return 'queueEmpty'
  return letter === 0x61 ? 'accepted' : 'other'
}

/** Masked with zeros, which RFC 6455 lets a client pick and a benchmark may. */
const masked = (payload: Uint8Array, opcode: number): Buffer => {
  const long = payload.length >= 126
  const header = Buffer.alloc(long ? 8 : 6)
  header[0] = 0x80 | opcode
  header[1] = 0x80 | (long ? 126 : payload.length)
  if (long) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}
