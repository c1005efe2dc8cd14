/** The websocket library behind the handshake, held to what it must never do to the server: throw where nobody catches it. */
import { expect } from 'chai'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { makeWebSocketServer } from '#src/api/realtime/serverSocket.js'
import type { ServerSocket } from '#src/api/realtime/serverSocket.js'
import { limitDefaults } from '#src/limits/limits.js'
import { turn } from './wire.js'

/** A frame with a mask of zeros, which leaves the payload as it is. */
const frame = (first: number, payload: readonly number[] = []): Buffer =>
  Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0, ...payload])

const good = frame(0x81, [0x7b, 0x7d])
const bad = {
  'text that is not UTF-8': frame(0x81, [0xc3, 0x28]),
  'a close for a reason that is none': frame(0x88, [3, 237]),
  'a close whose words are not UTF-8': frame(0x88, [3, 232, 0xc3, 0x28]),
  'a frame of no kind': frame(0x83),
  'a frame without a mask': Buffer.from([0x81, 0x01, 0x61]),
  'more of a message that never began': frame(0x80, [0x61]),
  'more fragments than may be': Buffer.concat([
    frame(0x01),
    ...Array.from({ length: limitDefaults.websocketFragmentsMax + 2 }, () => frame(0x00)),
  ]),
  'a frame that is too large': Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]),
}

describe('the websocket of a stranger', () => {
  const accept = (): { readonly connection: Duplex; readonly websocket: ServerSocket } => {
    const connection = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        done()
      },
    })
    const request = new IncomingMessage(new Socket())
    request.method = 'GET'
    Object.assign(request.headers, {
      upgrade: 'websocket',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-version': '13',
    })
    let accepted: ServerSocket | undefined
    makeWebSocketServer(limitDefaults).upgrade(request, connection, Buffer.alloc(0), (websocket) => {
      accepted = websocket
    })
    return { connection, websocket: accepted! }
  }

  for (const [what, bytes] of Object.entries(bad))
    for (const behind of [good, bad['text that is not UTF-8'], Buffer.from([0x81])])
      it(`hears nothing behind ${what}, in however many reads it came (${behind.toString('hex')})`, async () => {
        const { connection, websocket } = accept()
        const [messages, errors]: [string[], string[]] = [[], []]
        websocket.on('message', (data: Buffer) => messages.push(data.toString()))
        websocket.on('error', ({ message }) => errors.push(message))
        for (const read of [good, bytes, behind, behind]) connection.push(read)
        for (let n = 0; n < 10; n++) await turn()
        expect([messages, errors.length]).to.deep.equal([['{}'], 1])
        websocket.terminate()
      })
})
