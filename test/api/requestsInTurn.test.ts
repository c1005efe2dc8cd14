/** One connection: so many requests at once, the others in turn, and no answer held for whoever does not take it. */
import { expect } from 'chai'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { systemClock } from '#src/adapters/system/clock.js'
import { readPieceBytes } from '#src/api/http/connection/readsInTurn.js'
import { requestsInTurn } from '#src/api/http/connection/requestsInTurn.js'
import { limitDefaults } from '#src/limits/limits.js'
import type { Clock } from '#src/ports/clock.js'

type Begun = { readonly path: string; readonly answer: ServerResponse }

describe('the requests of one connection', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  /** A server that begins requests and leaves their answers to the test. */
  const start = async (answerTakenMsMax: number = limitDefaults.answerTakenMsMax, clock: Clock = systemClock) => {
    const begun: Begun[] = []
    let told: () => void = () => undefined
    const limits = { ...limitDefaults, answerTakenMsMax }
    const inTurn = requestsInTurn(
      (request, answer) => {
        begun.push({ path: request.url ?? '', answer })
        told()
      },
      limits,
      clock,
    )
    // Nothing but what is tried here ends a connection.
    const server = createServer({ keepAliveTimeout: 0 }, inTurn.listener).listen(0, '127.0.0.1')
    inTurn.attend(server)
    let parsed = 0
    server.on('request', () => parsed++)
    const upgrades: Duplex[] = []
    server.on('upgrade', (_request, connection) => {
      upgrades.push(connection)
      connection.on('error', () => undefined)
      closing.push(() => connection.destroy())
      told()
    })
    await new Promise((resolve) => server.once('listening', resolve))
    const stop = new AbortController()
    void inTurn.watch(stop.signal)
    closing.push(() => {
      stop.abort()
      server.closeAllConnections()
      server.close()
    })
    const open = async (): Promise<Socket> => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      socket.on('error', () => undefined)
      closing.push(() => socket.destroy())
      await new Promise((resolve) => socket.once('connect', resolve))
      return socket
    }
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise<void>((resolve) => (told = resolve))
    }
    return { begun, parsed: () => parsed, until, open, upgrades }
  }
  const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
  const turns = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
  }

  it(`are worked on ${limitDefaults.requestsInFlightMax} at a time, the next when one is taken`, async () => {
    const { begun, until, open } = await start()
    const max = limitDefaults.requestsInFlightMax
    const socket = await open()
    socket.write(Array.from({ length: max + 2 }, (_, n) => get(`/${n}`)).join(''))
    await until(() => begun.length === max)
    await turns(20)
    expect(begun).to.have.length(max)
    let heard = ''
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
    begun[0]!.answer.end('the first')
    await until(() => begun.length === max + 1)
    for (let n = 1; n < max + 1; n++) begun[n]!.answer.end(`the ${n}.`)
    await until(() => begun.length === max + 2)
    begun[max + 1]!.answer.end('the last')
    while (!heard.includes('the last')) await new Promise((resolve) => socket.once('data', resolve))
    expect(begun.map(({ path }) => path)).to.deep.equal(Array.from({ length: max + 2 }, (_, n) => `/${n}`))
    expect(heard.indexOf('the first')).to.be.below(heard.indexOf('the 1.'))
  })

  it('are in line too where they expect what nobody knows', async () => {
    const { begun, until, open } = await start()
    const socket = await open()
    const max = limitDefaults.requestsInFlightMax
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n'.repeat(max + 1))
    await until(() => begun.length === max)
    await turns(20)
    expect(begun).to.have.length(max)
  })

  it('do not wait for those of another connection', async () => {
    const { begun, until, open } = await start()
    const [one, other] = [await open(), await open()]
    one.write(get('/one').repeat(20))
    await until(() => begun.length === limitDefaults.requestsInFlightMax)
    other.write(get('/other'))
    await until(() => begun.some(({ path }) => path === '/other'))
  })

  const burst = 512

  it('are read and answered all, when their answers are taken', async () => {
    const { begun, until, open } = await start()
    const socket = await open()
    socket.resume()
    const count = 3 * burst
    for (let sent = 0, answered = 0; answered < count;) {
      if (sent < count) socket.write(get('/').repeat(burst / 2))
      sent += burst / 2
      while (answered < Math.min(sent, count)) {
        await until(() => begun.length > answered)
        begun[answered++]!.answer.end('taken')
      }
    }
    expect(begun.length).to.be.at.least(count)
  })

  it('are read as they are worked on: of a thousand few wait inside', async () => {
    const { begun, parsed, until, open } = await start()
    const socket = await open()
    socket.resume()
    socket.write(get('/').repeat(1_000) + get('/last'))
    await until(() => begun.length === limitDefaults.requestsInFlightMax)
    await turns(50)
    expect(begun).to.have.length(limitDefaults.requestsInFlightMax)
    expect(parsed()).to.be.at.most(Math.ceil(readPieceBytes / get('/').length))
    for (let answered = 0; begun.at(-1)?.path !== '/last' || answered < begun.length; answered++) {
      await until(() => begun.length > answered)
      begun[answered]!.answer.end('taken')
    }
    expect(begun).to.have.length(1_001)
  })

  for (const bytes of [100_000, 20_000_000]) {
    it(`end the connection when an answer of ${bytes} bytes, asked for again and again, is not taken in time`, async () => {
      const { begun, until, open } = await start(300)
      const socket = await open()
      socket.pause()
      const asked = setInterval(() => socket.write(get('/').repeat(4)), 5)
      closing.push(() => {
        clearInterval(asked)
      })
      const closed = new Promise((resolve) => socket.once('close', resolve))
      const big = Buffer.alloc(bytes)
      let answered = 0
      void (async () => {
        for (;;) {
          await until(() => begun.length > answered)
          begun[answered++]!.answer.end(big)
        }
      })()
      await closed
    })
  }

  for (const count of [1, limitDefaults.requestsInFlightMax, limitDefaults.requestsInFlightMax + 3]) {
    it(`end the connection when it is to speak something else and ${count} of them have no answer yet`, async () => {
      const { open, upgrades } = await start()
      const socket = await open()
      socket.resume()
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.write(get('/').repeat(count) + upgrade)
      await closed
      expect(upgrades.every(({ destroyed }) => destroyed)).to.equal(true)
    })
  }

  it('let it speak something else once they are answered', async () => {
    const { begun, until, open, upgrades } = await start()
    const socket = await open()
    socket.write(get('/'))
    await until(() => begun.length === 1)
    begun[0]!.answer.end('the first')
    let heard = ''
    while (!heard.includes('the first'))
      heard += String(await new Promise<Buffer>((resolve) => socket.once('data', resolve)))
    socket.write(upgrade)
    await until(() => upgrades.length === 1)
    expect(upgrades[0]!.destroyed).to.equal(false)
  })

  it('leave a connection alone whose answer is not made yet, however long that takes', async () => {
    let now = 0
    let look: () => void = () => undefined
    const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => (look = resolve)) }
    const { begun, until, open } = await start(60, clock)
    const socket = await open()
    const heard = new Promise<Buffer>((resolve) => socket.once('data', resolve))
    socket.write(get('/slow'))
    await until(() => begun.length === 1)
    for (let n = 0; n < 3; n++) {
      now += 1_000
      look()
      await turns(2)
    }
    begun[0]!.answer.end('at last')
    expect((await heard).toString()).to.include('at last')
  })

  /** A clock that stands still until the test looks: answers how to look again, a second later. */
  const lookingClock = () => {
    let now = 0
    let look: () => void = () => undefined
    const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => (look = resolve)) }
    const pass = async (ms: number): Promise<void> => {
      for (const until = now + ms; now < until;) {
        now += 1_000
        look()
        await turns(2)
      }
    }
    return { clock, pass }
  }

  const bodies = {
    'has a length': { head: 'Content-Length: 9000', piece: 'x' },
    'comes in chunks': { head: 'Transfer-Encoding: chunked', piece: '1\r\nx\r\n' },
  }
  for (const [body, { head, piece }] of Object.entries(bodies)) {
    for (const answered of [true, false]) {
      const said = answered ? 'was answered before it was read' : 'has no answer'
      it(`end the connection when the body of one, which ${said} and ${body}, does not come in time`, async () => {
        const { clock, pass } = lookingClock()
        const { begun, until, open } = await start(60_000, clock)
        const socket = await open()
        const closed = new Promise((resolve) => socket.once('close', resolve))
        socket.resume().write(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`)
        await until(() => begun.length === 1)
        if (answered) begun[0]!.answer.writeHead(404).end('no')
        await pass(limitDefaults.requestTimeoutMs / 2)
        socket.write(piece)
        await pass(limitDefaults.requestTimeoutMs - 2_000 - limitDefaults.requestTimeoutMs / 2)
        expect(socket.destroyed).to.equal(false)
        await pass(5_000)
        await closed
      })
    }
  }

  it('leave a connection alone whose request was read whole, and one that waits for its turn', async () => {
    const { clock, pass } = lookingClock()
    const { begun, until, open } = await start(600_000, clock)
    const [idle, busy] = [await open(), await open()]
    const max = limitDefaults.requestsInFlightMax
    idle.resume().write(get('/idle'))
    await until(() => begun.length === 1)
    begun[0]!.answer.end('done')
    busy.resume().write(get('/busy').repeat(max) + 'POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n')
    await until(() => begun.length === 1 + max)
    await pass(3 * limitDefaults.requestTimeoutMs)
    expect([idle.destroyed, busy.destroyed]).to.deep.equal([false, false])
  })
})
