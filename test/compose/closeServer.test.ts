/** How a server of HTTP ends: whoever is answered is let go, not waited for until the cut. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect } from 'chai'
import { closeServer } from '#src/compose/doors/closeServer.js'

describe('closing a server', () => {
  let server: Server
  const held: ServerResponse[] = []
  const sockets: Socket[] = []
  beforeEach(async () => {
    // A connection that is kept alive is kept for good.
    server = createServer({ keepAliveTimeout: 0 }, (_request, response) => void held.push(response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
    held.length = 0
  })

  const ask = (socket: Socket): Promise<unknown> => {
    const begun = once(server, 'request')
    socket.write('GET / HTTP/1.1\r\nhost: h\r\n\r\n')
    return begun
  }
  const open = async (): Promise<{ readonly socket: Socket; readonly heard: Promise<string> }> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    sockets.push(socket)
    let text = ''
    socket.on('data', (data: Buffer) => (text += data.toString()))
    socket.on('error', () => undefined)
    await ask(socket)
    return { socket, heard: once(socket, 'close').then(() => text) }
  }

  it('sends who asks on away with the answer', async () => {
    const { socket, heard } = await open()
    const closed = closeServer(server)
    await ask(socket)
    for (const response of held) response.end()
    expect(await heard).to.match(/200 OK[^]*keep-alive[^]*200 OK[^]*connection: close/i)
    await closed
  })

  it('closes a connection when it falls idle, while others are still waited for', async () => {
    const [answered, slow] = [await open(), await open()]
    const closed = closeServer(server)
    held[0]?.end()
    expect(await answered.heard).to.include('200 OK')
    held[1]?.end('made')
    expect(await slow.heard).to.include('made')
    await closed
  })
})
