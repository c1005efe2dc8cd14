/** Queues followed over bad lines: paused, cut, stalled, byte by byte, twice, over a restart. Nothing is lost, doubled or stuck. */
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import type { GroupId } from '#src/mls/wire/ids.js'
import { at } from '../api/groupPeople.js'
import { eventually } from '../stores/eventually.js'
import { tcpFaultProxy } from '../stores/tcpFaultProxy.js'
import type { TcpFaultProxy } from '../stores/tcpFaultProxy.js'
import { forgedMessage, forging, gathered } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

const readers = 12
const large = 40_000
const websocketUnsentBytesMax = 256 * 1024
/** Of a blast: several times of what waits for one socket in the server and in the kernel. */
const blast = 120
const againMs = 20

type Item = { readonly type: string; readonly position: string; readonly message?: string }
type Reader = {
  /** Messages, as they came. */
  readonly got: string[]
  readonly socket: () => WebSocket
  readonly closed: readonly number[]
  readonly stop: () => void
}

describe('a queue that is followed', () => {
  let house: RealHouse
  let alice: ForgingResident
  let others: readonly ForgingResident[]
  let group: GroupId
  let open: Reader[] = []
  before(async () => {
    house = await openHouse({ LIMITS: limitsWith({ websocketUnsentBytesMax }) })
    const [first, ...rest] = await Promise.all(Array.from({ length: readers + 1 }, () => house.register()))
    alice = forging(house, first!)
    others = rest.map((one) => forging(house, one))
    ;({ group } = await gathered(house, [alice, ...others]))
  })
  afterEach(() => {
    for (const { stop } of open) stop()
    open = []
  })
  after(() => house.close())

  /** A client in miniature: goes on from the last thing it has, over a new connection where the old one is gone. */
  const follow = (one: Resident, from: string, port = Number(new URL(house.server.url).port)): Reader => {
    const got: string[] = []
    const closed: number[] = []
    let after = from
    let stopped = false
    let socket: WebSocket
    const start = (): void => {
      if (stopped) return
      socket = new WebSocket(`ws://127.0.0.1:${String(port)}/v1/websocket`, ['mls-homeserver.1'], {
        // The server answers to its own name; what stands between may have another port.
        headers: { host: new URL(house.server.url).host, authorization: `Bearer ${one.queueToken}` },
      })
      socket.on('open', () => {
        socket.send(JSON.stringify({ type: 'open', after }))
      })
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { readonly type: string; readonly item?: Item }
        if (frame.item === undefined) return
        after = frame.item.position
        if (frame.item.message !== undefined && frame.item.type === 'message') got.push(frame.item.message)
      })
      socket.on('error', () => undefined)
      socket.on('close', (code) => {
        closed.push(code)
        if (code === 4409) stopped = true
        setTimeout(start, againMs)
      })
    }
    start()
    const reader: Reader = {
      got,
      closed,
      socket: () => socket,
      stop: () => {
        stopped = true
        socket.terminate()
      },
    }
    open.push(reader)
    return reader
  }

  /** Sends messages one after another; they come back as a queue shows them. */
  const say = async (number: number, size = 100): Promise<readonly string[]> => {
    const said: string[] = []
    for (let n = 0; n < number; n++) {
      const mls = forgedMessage(group, 1n, size)
      expect(await house.ask(alice, 'POST', at(group, '/messages'), { mls })).to.have.property('status', 201)
      said.push(Buffer.from(mls).toString('base64url'))
    }
    return said
  }
  const here = async (): Promise<string> => {
    const { body } = await house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
    return String(body['position'])
  }
  const hasAll = async (reader: Reader, said: readonly string[]): Promise<void> => {
    await eventually('all messages', () => reader.got.length >= said.length)
    expect(reader.got.length).to.equal(said.length)
    expect(reader.got.every((message, n) => message === said[n])).to.equal(true)
  }

  it(`by ${readers} who do not read during a blast comes to each of them whole, once they do`, async () => {
    const from = await here()
    const paused = others.map((one) => follow(one, from))
    const hello = await say(1)
    await Promise.all(paused.map((reader) => hasAll(reader, hello)))
    for (const { socket } of paused) socket().pause()
    const said = hello.concat(await say(blast, large))
    for (const { socket } of paused) socket().resume()
    await Promise.all(paused.map((reader) => hasAll(reader, said)))
    const more = said.concat(await say(3))
    await Promise.all(paused.map((reader) => hasAll(reader, more)))
    expect(paused.flatMap(({ closed }) => closed)).to.deep.equal([])
  })

  it('goes on after kill -9 and restart from where it was, for all of them', async () => {
    const from = await here()
    const all = others.map((one) => follow(one, from))
    const before = await say(5)
    await Promise.all(all.map((reader) => hasAll(reader, before)))
    await house.server.crash()
    await house.server.restart()
    const said = before.concat(await say(5))
    await Promise.all(all.map((reader) => hasAll(reader, said)))
  })

  describe('over a line', () => {
    let line: TcpFaultProxy
    beforeEach(async () => {
      line = await tcpFaultProxy(Number(new URL(house.server.url).port))
    })
    afterEach(() => line.close())

    const troubles: Record<string, (reader: Reader) => Promise<readonly string[]>> = {
      'that is cut again and again': async () => {
        const said: string[] = []
        for (let cuts = 0; cuts < 6; cuts++) {
          said.push(...(await say(3, 5_000)))
          line.reset()
        }
        return said
      },
      'that is away for a while': async (reader) => {
        line.drop()
        const said = await say(5)
        await eventually('attempts', () => reader.closed.length > 3)
        line.pass()
        return said
      },
      'that stalls, and then goes on': async () => {
        line.stall()
        const said = await say(20, large)
        line.pass()
        return said
      },
      'that stalls, and then is cut': async () => {
        line.stall()
        const said = await say(20, large)
        line.reset()
        line.pass()
        return said
      },
      'that is slow': async () => {
        line.slow(2)
        return say(20, 5_000)
      },
    }
    for (const [what, trouble] of Object.entries(troubles)) {
      it(`${what} loses and doubles nothing`, async () => {
        const reader = follow(others[0]!, await here(), line.port)
        const hello = await say(1)
        await hasAll(reader, hello)
        const said = hello.concat(await trouble(reader))
        await hasAll(reader, said)
        await hasAll(reader, said.concat(await say(1)))
      })
    }

    it('that stalls is given up for another, and hears so when it comes back', async () => {
      const from = await here()
      const stalled = follow(others[0]!, from, line.port)
      const hello = await say(1)
      await hasAll(stalled, hello)
      line.stall()
      const fresh = follow(others[0]!, from)
      const said = hello.concat(await say(5))
      await hasAll(fresh, said)
      line.pass()
      await eventually('4409', () => stalled.closed.length > 0)
      expect(stalled.closed).to.deep.equal([4409])
      const more = said.concat(await say(1))
      await hasAll(fresh, more)
      expect(more.slice(0, stalled.got.length)).to.deep.equal(stalled.got)
    })
  })

  it('is opened by a client that says every byte by itself', async () => {
    const { queueToken } = others[0]!
    const from = await here()
    const { hostname, port } = new URL(house.server.url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let heard = ''
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
    const dribble = async (bytes: Uint8Array): Promise<void> => {
      for (const byte of bytes) {
        await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve))
      }
    }
    const head = [
      'GET /v1/websocket HTTP/1.1',
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: mls-homeserver.1',
      `Authorization: Bearer ${queueToken}`,
    ]
    await dribble(Buffer.from([...head, '', ''].join('\r\n')))
    await eventually('the handshake', () => heard.includes('101 Switching'))
    await dribble(masked(JSON.stringify({ type: 'open', after: from })))
    await eventually('the queue', () => heard.includes('"opened"'))
    const [message = ''] = await say(1)
    await eventually('the message', () => heard.includes(message))
    socket.destroy()
  })
})

/** A text frame of a client (RFC 6455 §5.2), masked with zeros, of 126 bytes and fewer than 65,536 or of fewer than 126. */
const masked = (text: string): Uint8Array => {
  const body = Buffer.from(text)
  const length = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Uint8Array.of(0x81, ...length, 0, 0, 0, 0), body])
}
