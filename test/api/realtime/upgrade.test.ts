/** A handshake: which are let in, as whom, and what the others are refused for. */
import { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { refuseUpgrade } from '#src/api/realtime/refuseUpgrade.js'
import { countSocketsPerAddress } from '#src/api/realtime/socketsPerAddress.js'
import { anyHost } from '#src/api/http/address/hosts.js'
import { admit } from '#src/api/realtime/upgrade.js'
import { reject } from '#src/streams/rejection.js'
import { queueNumber } from '../../projections/queues/world.js'

const principal = { kind: 'queue', queue: queueNumber(1) } as const
const nowhere = '198.51.100.7'

describe('a handshake', () => {
  const asked: string[] = []
  const perAddress = countSocketsPerAddress({ websocketsPerAddressMax: 1 })
  const deps = {
    perAddress,
    callers: { limitedBy: () => nowhere },
    hosts: anyHost,
    authenticate: (token: string) => {
      asked.push(token)
      return Promise.resolve(token === 'good' ? principal : reject({ code: 'token-expired' }))
    },
  }
  const request = (url: string, headers: IncomingMessage['headers'] = {}): IncomingMessage =>
    Object.assign(new IncomingMessage(new Socket()), { url, headers })
  beforeEach(() => void asked.splice(0))

  for (const url of ['/', '/v1/websocket/', '/v1/websockets', '//']) {
    it(`finds nothing at ${url}`, async () => {
      expect(await admit(deps, request(url, { authorization: 'Bearer good' }))).to.deep.equal(
        reject({ code: 'no-such-route' }),
      )
      expect(asked).to.deep.equal([])
    })
  }

  it('needs no token, with a query or without', async () => {
    for (const url of ['/v1/websocket', '/v1/websocket?a=1']) {
      expect(await admit(deps, request(url))).to.deep.equal({ address: nowhere, greeting: undefined })
    }
  })

  it('takes a token from the header before one from a subprotocol', async () => {
    const protocols = { 'sec-websocket-protocol': 'mls-homeserver.1, bearer.good' }
    const greeting = { token: 'good', principal }
    expect(await admit(deps, request('/v1/websocket', protocols))).to.deep.equal({ address: nowhere, greeting })
    expect(await admit(deps, request('/v1/websocket', { ...protocols, authorization: 'bearer other' }))).to.deep.equal(
      reject({ code: 'token-expired' }),
    )
    expect(asked).to.deep.equal(['good', 'other'])
  })

  it('is refused for an address that has its share, before its token is looked at', async () => {
    perAddress.add(nowhere)
    expect(await admit(deps, request('/v1/websocket', { authorization: 'Bearer good' }))).to.deep.equal(
      reject({ code: 'limit-reached', limit: 'websocketsPerAddressMax', max: 1 }),
    )
    expect(asked).to.deep.equal([])
    perAddress.remove(nowhere)
  })

  it('is answered as a problem, with the length that it has', async () => {
    const connection = new PassThrough()
    refuseUpgrade(connection, { code: 'not-authenticated', detail: 'ä' }, 'r1')
    const chunks: Buffer[] = []
    for await (const chunk of connection) chunks.push(chunk as Buffer)
    const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
    expect(head.split('\r\n')).to.include.members([
      'HTTP/1.1 401 Unauthorized',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ])
    expect(JSON.parse(body)).to.include({ code: 'not-authenticated', status: 401, requestId: 'r1', detail: 'ä' })
  })
})
