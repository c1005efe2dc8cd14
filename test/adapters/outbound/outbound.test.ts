/** The way out: to checked addresses alone, within bytes and time, with nobody followed. */
import { expect } from 'chai'
import { openOutbound } from '#src/adapters/outbound/outbound.js'
import type { OutboundOptions } from '#src/adapters/outbound/outbound.js'
import { OutboundRefused, OutboundTooLarge, OutboundUnreachable } from '#src/ports/outbound.js'
import type { Outbound, OutboundAnswer, OutboundRequest } from '#src/ports/outbound.js'
import { makePair } from '../../support/selfSigned.js'
import { bodyOf, serveBytes, serveHttp, serveTls } from './loopbackServer.js'

const get: OutboundRequest = { method: 'GET', bytesMax: 1_000, timeoutMs: 10_000 }
const here: OutboundOptions = { rule: { named: ['127.0.0.1'], ports: 'https' } }
const text = (answer: OutboundAnswer): string => Buffer.from(answer.body).toString()
const failure = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'answered',
    (error: unknown) => error,
  )

const use = async <T>(options: OutboundOptions, work: (outbound: Outbound) => Promise<T>): Promise<T> => {
  const outbound = openOutbound(options)
  try {
    return await work(outbound)
  } finally {
    await outbound.close()
  }
}

describe('a request to another machine', () => {
  it('is sent as it was given, and answered with status, headers and bytes as they came', async () => {
    const heard: unknown[] = []
    const server = await serveHttp((request, response) => {
      void bodyOf(request).then((body) => {
        const { method, url, headers } = request
        heard.push([method, url, headers.host, headers['content-length'], headers['ttl'], body])
        response.writeHead(201, { 'x-two': ['a', 'b'], 'content-encoding': 'gzip' }).end('not gzip at all')
      })
    })
    const answer = await use(here, (outbound) =>
      outbound.request(`http://127.0.0.1:${server.port}/p%20q?r=s#t`, {
        ...get,
        method: 'POST',
        headers: { ttl: '5' },
        body: Buffer.from('hello'),
      }),
    )
    await server.close()
    expect(heard).to.deep.equal([['POST', '/p%20q?r=s', `127.0.0.1:${server.port}`, '5', '5', 'hello']])
    expect(answer).to.deep.include({ status: 201 })
    expect(answer.headers).to.deep.include({ 'x-two': 'a, b', 'content-encoding': 'gzip' })
    expect(text(answer)).to.equal('not gzip at all')
  })

  it('follows no redirect', async () => {
    const asked: unknown[] = []
    const server = await serveHttp((request, response) => {
      asked.push(request.url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    const answer = await use(here, (outbound) => outbound.request(`http://127.0.0.1:${server.port}/`, get))
    await server.close()
    expect([answer.status, answer.headers['location'], asked]).to.deep.equal([307, '/elsewhere', ['/']])
  })

  it('of a stranger goes to no address that is not the internet’s, whatever name leads there, and connects to nobody', async () => {
    const server = await serveHttp((_, response) => response.end())
    const rule = { named: [], ports: 'anyAboveWellKnown' } as const
    const found = [
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '169.254.169.254',
      '10.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::1',
      '0.0.0.0',
      'localhost',
      '',
    ]
    for (const address of found) {
      const refused = await use({ rule, resolve: () => Promise.resolve([address]) }, (outbound) =>
        failure(outbound.request(`https://rebound.example:${server.port}/`, get)),
      )
      expect(refused, address).to.be.instanceOf(OutboundRefused)
    }
    for (const host of ['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254'])
      expect(
        await use({ rule }, (outbound) => failure(outbound.request(`https://${host}:${server.port}/`, get))),
        host,
      ).to.be.instanceOf(OutboundRefused)
    await server.close()
    expect(server.connections()).to.equal(0)
  })

  it('goes where its name led when it was checked: what the name says afterwards is not asked', async () => {
    const server = await serveHttp((_, response) => response.end('first'))
    let asked = 0
    // Once the right address; whoever asks again hears another.
    const resolve = () => Promise.resolve([asked++ === 0 ? '127.0.0.1' : '127.0.0.2'])
    const rule = { named: ['rebinding.example'], ports: 'https' } as const
    const answer = await use({ rule, resolve }, (outbound) =>
      outbound.request(`http://rebinding.example:${server.port}/`, get),
    )
    await server.close()
    expect([text(answer), asked]).to.deep.equal(['first', 1])
  })

  it('tries the next address where nobody answers at one', async () => {
    const server = await serveHttp((_, response) => response.end('there'))
    const rule = { named: ['two.example'], ports: 'https' } as const
    const resolve = () => Promise.resolve(['127.0.0.9', '127.0.0.1'])
    const answer = await use({ rule, resolve }, (outbound) =>
      outbound.request(`http://two.example:${server.port}/`, get),
    )
    await server.close()
    expect(text(answer)).to.equal('there')
  })

  it('asks over one connection again where it can', async () => {
    const server = await serveHttp((_, response) => response.end('kept'))
    await use(here, async (outbound) => {
      for (let n = 0; n < 3; n++) await outbound.request(`http://127.0.0.1:${server.port}/`, get)
    })
    await server.close()
    expect(server.connections()).to.equal(1)
  })

  it('believes a certificate of the name that was asked, of an authority that is known, and no other', async () => {
    const pair = await makePair('01', 'peer.example')
    const server = await serveTls(pair, (request, response) => response.end(request.headers.host))
    const resolve = () => Promise.resolve(['127.0.0.1'])
    const rule = { named: ['peer.example', 'other.example', '127.0.0.1'], ports: 'https' } as const
    const known = { rule, resolve, tls: { ca: [pair.cert] } }
    const ask = (options: OutboundOptions, host: string) =>
      use(options, (outbound) =>
        outbound.request(`https://${host}:${server.port}/`, get).catch((error: unknown) => error),
      )
    const answer = await ask(known, 'peer.example')
    expect(text(answer as OutboundAnswer)).to.equal(`peer.example:${server.port}`)
    for (const [options, host] of [
      [known, 'other.example'],
      [known, '127.0.0.1'],
      [{ rule, resolve }, 'peer.example'],
    ] as const)
      expect(await ask(options, host), host).to.be.instanceOf(OutboundUnreachable)
    await server.close()
  })

  it('takes no answer that is longer than it may be, said so or not, and no header that never ends', async () => {
    const said = await serveHttp((_, response) => response.writeHead(200, { 'content-length': '1001' }).write('x'))
    const unsaid = await serveHttp((_, response) => {
      const more = (): void =>
        void response.write('x'.repeat(500), () => {
          more()
        })
      more()
    })
    const headers = await serveBytes((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n`))
    const exact = await serveHttp((_, response) => response.end('x'.repeat(1_000)))
    await use(here, async (outbound) => {
      for (const [n, server] of [said, unsaid, headers].entries())
        expect(await failure(outbound.request(`http://127.0.0.1:${server.port}/`, get)), String(n)).to.be.instanceOf(
          OutboundTooLarge,
        )
      expect((await outbound.request(`http://127.0.0.1:${exact.port}/`, get)).body.length).to.equal(1_000)
    })
    for (const server of [said, unsaid, headers, exact]) await server.close()
  })

  it('waits for the whole of an answer as long as it may, and not for its drops', async () => {
    const drips = (first: string) =>
      serveBytes((socket) => {
        socket.write(first)
        const dripping = setInterval(() => socket.write('x'), 10)
        socket.on('close', () => {
          clearInterval(dripping)
        })
      })
    const silent = await serveBytes(() => undefined)
    const inHeaders = await drips('HTTP/1.1 200 OK\r\nx: ')
    const inBody = await drips('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n')
    const early = await drips('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 1')
    await use(here, async (outbound) => {
      for (const server of [silent, inHeaders, inBody, early]) {
        const failed = await failure(outbound.request(`http://127.0.0.1:${server.port}/`, { ...get, timeoutMs: 100 }))
        expect(failed).to.be.instanceOf(OutboundUnreachable)
        expect(String(failed)).to.match(/within 100 ms|HTTP|Parse/)
      }
    })
    const slow = () => new Promise<never>(() => undefined)
    const named = { rule: { named: ['slow.example'], ports: 'https' }, resolve: slow } as const
    expect(
      String(
        await use(named, (outbound) => failure(outbound.request('http://slow.example/', { ...get, timeoutMs: 50 }))),
      ),
    ).to.match(/within 50 ms/)
    for (const server of [silent, inHeaders, inBody, early]) await server.close()
  })

  it('has no answer where nobody is, where it breaks off, where it is no HTTP, and where another protocol is offered', async () => {
    const gone = await serveHttp(() => undefined)
    await gone.close()
    const breaks = await serveBytes((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))
    const other = await serveBytes((socket) => socket.end('220 mail.example ESMTP\r\n'))
    const hangsUp = await serveBytes((socket) => socket.destroy())
    const upgrades = await serveBytes((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    )
    await use(here, async (outbound) => {
      for (const [n, server] of [gone, breaks, other, hangsUp, upgrades].entries())
        expect(await failure(outbound.request(`http://127.0.0.1:${server.port}/`, get)), String(n)).to.be.instanceOf(
          OutboundUnreachable,
        )
    })
    for (const server of [breaks, other, hangsUp, upgrades]) await server.close()
    const nameless = { rule: { named: ['none.example'], ports: 'https' }, resolve: () => Promise.resolve([]) } as const
    expect(await use(nameless, (outbound) => failure(outbound.request('http://none.example/', get)))).to.be.instanceOf(
      OutboundUnreachable,
    )
  })

  it('ends when its caller gives it up, in the caller’s words, and when the house closes', async () => {
    const silent = await serveBytes(() => undefined)
    const outbound = openOutbound(here)
    const url = `http://127.0.0.1:${silent.port}/`
    const giving = new AbortController()
    const given = failure(outbound.request(url, { ...get, signal: giving.signal }))
    giving.abort(new Error('enough'))
    expect(String(await given)).to.equal('Error: enough')
    expect(String(await failure(outbound.request(url, { ...get, signal: giving.signal })))).to.equal('Error: enough')
    const waiting = failure(outbound.request(url, get))
    await outbound.close()
    expect(await waiting).to.be.instanceOf(OutboundUnreachable)
    expect(await failure(outbound.request(url, get))).to.be.instanceOf(OutboundUnreachable)
    await silent.close()
  })
})
