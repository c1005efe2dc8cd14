/** One read of a connection, whatever it brings: others have their turn within it, and nothing of it is lost or turned round. */
import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { systemClock } from '#src/adapters/system/clock.js'
import { readPieceBytes } from '#src/api/http/connection/readsInTurn.js'
import { requestsInTurn } from '#src/api/http/connection/requestsInTurn.js'
import { limitDefaults } from '#src/limits/limits.js'
import { makePair } from '../support/selfSigned.js'

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

describe('what one read brings', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  const serve = async (answer: RequestListener, make: (listener: RequestListener) => Server = createServer) => {
    const inTurn = requestsInTurn(answer, limitDefaults, systemClock)
    const server = make(inTurn.listener)
    inTurn.attend(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const open = async (secure = false): Promise<Socket> => {
      const options = { port, host: '127.0.0.1', rejectUnauthorized: false }
      const socket = secure ? connectTls(options) : connect(options)
      closing.push(() => socket.destroy())
      socket.on('error', () => undefined)
      await once(socket, secure ? 'secureConnect' : 'connect')
      return socket
    }
    return { server, open }
  }
  /** All that is heard until it is over, or until that many times. */
  const heard = async (socket: Socket, what: RegExp, times: number): Promise<string> => {
    let text = ''
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
    while ((text.match(what) ?? []).length < times) await once(socket, 'data')
    return text
  }

  it('goes on where answers that nobody took had stopped the reading, and hands nothing on before', async () => {
    const answered = Buffer.alloc(64 * 1024, 'a')
    const { open } = await serve((_, answer) => answer.end(answered))
    const socket = await open()
    const requests = 400
    socket.pause()
    socket.write(get().repeat(requests))
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    let bytes = 0
    socket.on('data', (piece: Buffer) => (bytes += piece.length))
    socket.resume()
    while (bytes < requests * answered.length) await once(socket, 'data')
  })

  it('in 1,500 requests lets others in between them, and answers all in their order', async () => {
    const { server, open } = await serve((request, answer) => answer.end(`<${request.url ?? ''}>`))
    let [inTurn, most] = [0, 0]
    server.on('request', () => inTurn++)
    let over = false
    const count = (): void => {
      most = Math.max(most, inTurn)
      inTurn = 0
      if (!over) setImmediate(count)
    }
    count()
    const socket = await open()
    const paths = Array.from({ length: 1_500 }, (_, n) => `/${n}`)
    socket.write(paths.map(get).join(''))
    const text = await heard(socket, /<\/\d+>/g, 1_500)
    over = true
    expect([...text.matchAll(/<(\/\d+)>/g)].map(([, path]) => path)).to.deep.equal(paths)
    expect(most).to.be.at.most(2 * Math.ceil(readPieceBytes / get().length))
  })

  it('in 1,500 requests behind a body lets others in between them as well', async () => {
    const { server, open } = await serve((request, answer) => {
      request.resume()
      answer.end('done')
    })
    let [inTurn, most, over] = [0, 0, false]
    server.on('request', () => inTurn++)
    const count = (): void => {
      most = Math.max(most, inTurn)
      inTurn = 0
      if (!over) setImmediate(count)
    }
    count()
    const socket = await open()
    const body = Buffer.alloc(20_000)
    const head = Buffer.from(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(Buffer.concat([head, body, Buffer.from(get().repeat(1_500))]))
    await heard(socket, /done/g, 1_501)
    over = true
    expect(most).to.be.at.most(2 * Math.ceil(readPieceBytes / get().length))
  })

  it('is answered whole, also where the client has ended by then', async () => {
    const { open } = await serve((_request, answer) => answer.end('done'))
    const socket = await open()
    socket.end(get().repeat(700))
    let text = ''
    for await (const bytes of socket) text += String(bytes)
    expect(text.match(/done/g)).to.have.length(700)
  })

  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const hashing: RequestListener = (request, answer) => {
    const hash = createHash('sha256')
    request.on('data', (bytes: Buffer) => hash.update(bytes))
    request.on('end', () => answer.end(`<${hash.digest('hex')}>`))
  }

  for (const secure of [false, true])
    it(`keeps bodies and what stands behind them as they are${secure ? ', over TLS' : ''}`, async () => {
      const pair = secure ? await makePair('0A') : undefined
      const { open } = await serve(hashing, (listener) =>
        pair === undefined ? createServer(listener) : createTlsServer(pair, listener),
      )
      const socket = await open(secure)
      const bodies = [3_000_000, 1, 70_000, 4_096, 4_097].map((length) => randomBytes(length))
      const post = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`
      const parts = bodies.flatMap((body) => [Buffer.from(post(body.length)), body, Buffer.from(get().repeat(40))])
      socket.write(Buffer.concat(parts))
      const answers = [...(await heard(socket, /<[0-9a-f]+>/g, 41 * bodies.length)).matchAll(/<([0-9a-f]+)>/g)]
      const nothing = Array.from({ length: 40 }, () => digest(Buffer.alloc(0)))
      expect(answers.map(([, hash]) => hash)).to.deep.equal(bodies.flatMap((body) => [digest(body), ...nothing]))
    })

  for (const before of [0, limitDefaults.requestsInFlightMax])
    it(`goes on behind an upgrade, ${before} answered requests before it, in the order in which it came`, async () => {
      const { server, open } = await serve((_request, answer) => answer.end('done'))
      const payload = randomBytes(300_000)
      const told = new Promise<Buffer>((resolve) => {
        server.on('upgrade', (_request, connection: Socket, head: Buffer) => {
          const parts = [head]
          const collect = (): void => {
            connection.on('data', (bytes: Buffer) => {
              parts.push(bytes)
              const all = Buffer.concat(parts)
              if (all.length >= payload.length) resolve(all)
            })
          }
          // Whoever is asked who it is, is listened to later.
          setImmediate(() => setImmediate(collect))
        })
      })
      const socket = await open()
      socket.write(get().repeat(before))
      await heard(socket, /done/g, before)
      const upgrade = 'GET /v1/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
      socket.write(Buffer.concat([Buffer.from(upgrade), payload]))
      expect(digest(await told)).to.equal(digest(payload))
    })

  it('is no more than what is taken: a body that nobody reads stays with who sends it', async () => {
    const begun: Socket[] = []
    const { open } = await serve((request) => begun.push(request.socket))
    const socket = await open()
    const length = 64 * 1024 * 1024
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`)
    const all = Buffer.alloc(length)
    const sent = new Promise<string>((resolve) =>
      socket.write(all, () => {
        resolve('all of it was taken')
      }),
    )
    const settled = (async () => {
      for (let [before, still] = [-1, 0]; still < 20;) {
        await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 5)))
        const now = begun[0]?.bytesRead ?? 0
        ;[before, still] = now === before && now > 0 ? [now, still + 1] : [now, 0]
      }
      return 'it stands still'
    })()
    expect(await Promise.race([sent, settled])).to.equal('it stands still')
    expect(begun[0]?.bytesRead).to.be.below(4 * 1024 * 1024)
  })
})
