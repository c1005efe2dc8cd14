/** What comes over the wire without being a request: slow, endless, cut, folded, smuggled. Others do not notice. */
import { expect } from 'chai'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { limitDefaults } from '#src/limits/limits.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

const slow = 200
/** Scaled down from 5 s, 30 s and 5 s; the server looks every second. */
const headersTimeoutMs = 2_000
const requestTimeoutMs = 4_000
const keepAliveTimeoutMs = 100
const answerTakenMsMax = 2_000
/** Patience, for a machine that is busy: mocha's own ends a little later, and would not say what was heard. */
const withinMs = 120_000

type Raw = {
  readonly socket: Socket
  readonly heard: () => string
  /** Everything that came until the server closed; fails when it does not in time. */
  readonly ended: Promise<string>
}

describe('a connection', () => {
  let house: RealHouse
  let alice: Resident
  before(async () => {
    house = await openHouse({
      LIMITS: limitsWith({ headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, answerTakenMsMax }),
    })
    alice = await house.register()
  })
  after(() => house.close())

  const open = async (text = ''): Promise<Raw> => {
    const { hostname, port } = new URL(house.server.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    let heard = ''
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
    socket.on('error', () => undefined)
    const ended = new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => {
        socket.destroy()
        reject(new Error(`still open after ${withinMs} ms, heard ${JSON.stringify(heard)}`))
      }, withinMs)
      for (const event of ['end', 'close'] as const) {
        socket.on(event, () => {
          clearTimeout(late)
          socket.destroy()
          resolve(heard)
        })
      }
    })
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write(text, 'latin1')
    return { socket, heard: () => heard, ended }
  }
  const ownHost = (): string => new URL(house.server.url).host
  const head = (line: string, ...headers: readonly string[]): string =>
    [line, `Host: ${ownHost()}`, ...headers, '', ''].join('\r\n')
  const bearer = (): string => `Authorization: Bearer ${alice.token}`
  const statusOf = (heard: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? 0)
  /** Where the machine stands still for as long as the server has patience, 408 is the answer to what it has not read: hardly each time. */
  const unhurried = async (ask: () => Promise<string>): Promise<string> => {
    for (let tries = 1; ; tries++) {
      const heard = await ask()
      if (statusOf(heard) !== 408 || tries === 5) return heard
    }
  }
  /** What is answered until the server closes, which it does at once for what is no HTTP, or asks for it. */
  const said = (text: string): Promise<string> => unhurried(async () => (await open(text)).ended)
  /** The same where nothing more comes of what was begun. */
  const saidLate = async (text: string): Promise<string> => (await open(text)).ended
  const isAlive = async (): Promise<void> => {
    expect(await house.ask(alice, 'GET', '/v1/users/me')).to.have.property('status', 200)
  }

  it(`that dribbles does not starve others, ${2 * slow} of them at once, and is closed in its time`, async () => {
    const began = Date.now()
    const headers = await Promise.all(
      Array.from({ length: slow }, () => open(`POST /v1/users HTTP/1.1\r\nHost: ${ownHost()}\r\nX-`)),
    )
    const bodies = await Promise.all(
      Array.from({ length: slow }, () =>
        open(`${head('POST /v1/users HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 1000')}{"`),
      ),
    )
    const all = [...headers, ...bodies]
    // Half of them write on and on. Who writes to what is closed may lose the last word to a reset, so the others stop
    // while the server cannot have lost its patience with the first of them yet, whoever's turn it is on this machine.
    const isPatient = (): boolean => Date.now() - began < headersTimeoutMs / 2
    const [endless, ending] = [all.filter((_, n) => n % 2 === 0), all.filter((_, n) => n % 2 === 1)]
    const dribble = setInterval(() => {
      for (const { socket } of isPatient() ? all : endless) if (!socket.destroyed) socket.write('a')
    }, 100)
    try {
      const times: number[] = []
      for (let n = 0; n < 100; n++) {
        const asked = performance.now()
        await isAlive()
        times.push(performance.now() - asked)
      }
      times.sort((a, b) => a - b)
      console.log(`      others meanwhile: median ${times[50]!.toFixed(1)} ms, slowest ${times[99]!.toFixed(1)} ms`)
      for (const heard of await Promise.all(ending.map(({ ended }) => ended))) expect(statusOf(heard)).to.equal(408)
      for (const heard of await Promise.all(endless.map(({ ended }) => ended)))
        expect(statusOf(heard)).to.be.oneOf([408, 0])
    } finally {
      clearInterval(dribble)
    }
    await isAlive()
  })

  it('that was answered before the body came is closed in its time, however it dribbles on', async () => {
    const body = 'Content-Length: 9000'
    const early = {
      'of no such address': [404, head('POST /v1/nowhere HTTP/1.1', body)],
      'of another method': [405, head('PUT /v1/token HTTP/1.1', body)],
      'of nobody': [401, head('POST /v1/keyPackages HTTP/1.1', 'Content-Type: message/mls', body)],
      'of another Host': [421, `POST /v1/ids HTTP/1.1\r\nHost: another.example\r\n${body}\r\n\r\n`],
      'that expects what nobody knows': [404, head('POST /v1/nowhere HTTP/1.1', 'Expect: wonders', body)],
      'of a document': [200, head('GET /openapi.json HTTP/1.1', body)],
      'in chunks': [404, head('POST /v1/nowhere HTTP/1.1', 'Transfer-Encoding: chunked')],
    } as const
    const dribbled = async (text: string, more: string): Promise<string> => {
      const { socket, ended } = await open(text)
      const dribble = setInterval(() => {
        if (!socket.destroyed) socket.write(more)
      }, 100)
      return ended.finally(() => {
        clearInterval(dribble)
      })
    }
    const asked = Object.entries(early).map(async ([name, [status, text]]) => {
      const heard = await unhurried(() => dribbled(text, name === 'in chunks' ? '1\r\nx\r\n' : 'x'))
      expect(statusOf(heard), name).to.equal(status)
    })
    await Promise.all(asked)
    await isAlive()
  })

  it('that is kept alive and says nothing more is closed', async () => {
    const raw = await open(head('GET /livez HTTP/1.1'))
    expect(statusOf(await raw.ended)).to.equal(200)
  })

  it('that never reads its answers is closed, and what waits for it let go', async () => {
    const answers = 400
    const raw = await open()
    raw.socket.pause()
    raw.socket.write(head('GET /openapi.json HTTP/1.1').repeat(answers))
    // Paused, it cannot see the end; that writing fails tells it.
    const closed = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error('it was never closed'))
      }, withinMs)
      const nudge = setInterval(() => raw.socket.write('x'), 100)
      raw.socket.once('error', () => {
        clearTimeout(late)
        clearInterval(nudge)
        resolve()
      })
    })
    await closed
    raw.socket.destroy()
    raw.ended.catch(() => undefined)
    await isAlive()
  })

  it('waits to be accepted, a thousand at once, while the server is busy', async function () {
    const somaxconn = Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8').catch(() => '0'))
    if (somaxconn < limitDefaults.listenBacklogMax) {
      console.log(`      skipped: this system lets ${somaxconn} connections wait`)
      this.skip()
    }
    const { hostname, port } = new URL(house.server.url)
    process.kill(house.server.pid, 'SIGSTOP')
    const sockets = Array.from({ length: 1_000 }, () => connect(Number(port), hostname))
    try {
      // Whoever finds no room is not connected before the server goes on.
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    } finally {
      process.kill(house.server.pid, 'SIGCONT')
      for (const socket of sockets) socket.destroy()
    }
    await isAlive()
  })

  it('that says nothing of HTTP is told so and closed', async () => {
    const garbage = [
      '\u0000\u0001\u0002\u0003\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'GET /livez HTTP/3.0\r\n\r\n',
      'GET  /livez  HTTP/1.1\r\n\r\n',
      `BREW /pot HTTP/1.1\r\nHost: ${ownHost()}\r\n\r\n`,
      `${'A'.repeat(100_000)}\r\n\r\n`,
      head('GET /livez HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 5'),
      head('GET /livez HTTP/1.1', 'Content-Length: 5', 'Content-Length: 6'),
      head('GET /livez HTTP/1.1', 'Content-Length: -1'),
      head('GET /livez HTTP/1.1', 'Content-Length: 1e3'),
      head('GET /livez HTTP/1.1', 'Bad Header: x'),
      head('GET /livez HTTP/1.1', 'X: a\u0000b'),
      head('GET /livez HTTP/1.1', ' folded: x'),
      'GET /livez HTTP/1.1\r\n\r\n',
      `${head('POST /v1/ids HTTP/1.1', 'Transfer-Encoding: chunked')}zz\r\n`,
      head('POST /v1/ids HTTP/1.1', 'Transfer-Encoding: gzip, chunked, identity'),
    ]
    const heard = await Promise.all(garbage.map(said))
    for (const [n, text] of garbage.entries()) expect(statusOf(heard[n]!), text.slice(0, 80)).to.equal(400)
    const endless = `${head('POST /v1/ids HTTP/1.1', 'Transfer-Encoding: chunked')}ffffffffffffffff\r\n`
    expect(statusOf(await saidLate(endless))).to.equal(408)
    await isAlive()
  })

  it('cannot smuggle a second request into the first one', async () => {
    const before = await house.head()
    const inner = head('DELETE /v1/users/me HTTP/1.1', bearer())
    const smuggled = [
      `${head('POST /v1/ids HTTP/1.1', 'Content-Length: 0', 'Transfer-Encoding: chunked')}0\r\n\r\n${inner}`,
      `${head('POST /v1/ids HTTP/1.1', 'Transfer-Encoding:chunked', 'Transfer-Encoding: x')}0\r\n\r\n${inner}`,
      `${head('POST /v1/ids HTTP/1.1', 'Transfer-Encoding: \u000bchunked')}0\r\n\r\n${inner}`,
      `${head('POST /v1/ids HTTP/1.1', `Content-Length: ${inner.length + 1}`, 'Content-Type: application/json')}{${inner}`,
    ]
    for (const text of smuggled) {
      const heard = await said(text)
      expect(statusOf(heard), heard).to.equal(400)
    }
    expect(await house.head()).to.equal(before)
    await isAlive()
  })

  it('floods no headers past what is read of them', async () => {
    const many = Array.from({ length: 5_000 }, (_, n) => `X-${n}: 1`)
    expect(statusOf(await said(head('GET /livez HTTP/1.1', ...many)))).to.equal(431)
    expect(statusOf(await said(head('GET /livez HTTP/1.1', `X: ${'a'.repeat(100_000)}`)))).to.equal(431)
    expect(statusOf(await said(head(`GET /v1/directory?handle=${'a'.repeat(100_000)} HTTP/1.1`, bearer())))).to.equal(
      431,
    )
    expect(
      statusOf(
        await said(head(`GET /v1/directory?handle=${'a'.repeat(8_000)} HTTP/1.1`, bearer(), 'Connection: close')),
      ),
    ).to.equal(400)
    expect(
      statusOf(await said(head(`GET /v1/users/me?${'a&'.repeat(4_000)} HTTP/1.1`, bearer(), 'Connection: close'))),
    ).to.equal(400)
    await isAlive()
  })

  it('whose body is longer or shorter than it said changes nothing', async () => {
    const json = '{"discovery":"hidden"}'
    const patch = (length: number) =>
      head('PATCH /v1/users/me HTTP/1.1', bearer(), 'Content-Type: application/json', `Content-Length: ${length}`)
    const before = await house.head()
    expect(statusOf(await saidLate(`${patch(json.length + 10)}${json}`))).to.equal(408)
    expect(statusOf(await said(`${patch(json.length - 1)}${json}`))).to.equal(400)
    const cut = await open(`${patch(json.length + 10)}${json}`)
    cut.socket.destroy()
    await isAlive()
    expect(await house.head()).to.equal(before)
  })

  it('sends pages of JSON, deep or wide, or a bomb in gzip, and is refused at once', async () => {
    const post = (text: string, headers: Record<string, string> = {}) =>
      house.ask(alice, 'PATCH', '/v1/users/me', { text, headers })
    const deep = '['.repeat(100_000)
    for (const [text, status] of [
      [deep, 400],
      [`{"discovery":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`, 400],
      [`{${Array.from({ length: 20_000 }, (_, n) => `"a${n}":1`).join(',')}}`, 400],
      [`"${'\\u0000'.repeat(40_000)}"`, 400],
      ['9'.repeat(200_000), 400],
      [`{"discovery":"${'x'.repeat(300_000)}"}`, 413],
    ] as const) {
      expect(await post(text), text.slice(0, 40)).to.have.property('status', status)
    }
    const bomb = gzipSync(Buffer.alloc(50_000_000, '['))
    const answer = await house.ask(alice, 'POST', '/v1/keyPackages', {
      mls: bomb,
      headers: { 'content-encoding': 'gzip' },
    })
    expect(answer.body).to.include({ status: 415, code: 'unsupported-media-type' })
    // A body that is too large is not waited for.
    const raw = await open(head('PATCH /v1/users/me HTTP/1.1', bearer(), 'Content-Length: 99999999999'))
    expect(statusOf(await raw.ended)).to.equal(413)
    await isAlive()
  })

  it('asks for addresses that are none, or in disguise, and finds nothing', async () => {
    const paths: readonly (readonly [string, readonly number[]])[] = [
      ['http://elsewhere.example/v1/users/me', [421]],
      ['http://[::1/v1/users/me', [400, 404]],
      ['//v1/users/me', [404]],
      ['/v1//users/me', [404]],
      ['/v1/users/me/', [200, 404]],
      ['/v1/users/%6De', [404]],
      ['/v1/users/%/clients', [400]],
      ['/v1/users/%zz/clients', [400]],
      ['/v1/users/%c0%af/clients', [400]],
      ['/v1/users/%ff/clients', [400]],
      ['/v1/users/%252e%252e/clients', [400]],
      ['/v1/users/..%2f..%2f..%2fetc%2fpasswd/clients', [400]],
      ['/v1/users/../../../etc/passwd', [404]],
      ['/v1/users/%00/clients', [400]],
      ['/v1/../openapi.json', [404]],
      ['/docs/../data/keys', [404]],
      ['/%2e%2e/%2e%2e/keys', [404]],
      ['/.env', [404]],
      ['/v1/groups/mimi%3A%2F%2Fexample.org%2Fg%2F%41AAAAAAAAAAAAAAAAAAAAA', [404]],
      [`/v1/groups/${encodeURIComponent('mimi://example.org/g/AAAAAAAAAAAAAAAAAAAAAB')}`, [400]],
      [`/v1/groups/${encodeURIComponent('mimi://EXAMPLE.org/g/AAAAAAAAAAAAAAAAAAAAAA')}`, [400]],
      [`/v1/groups/${encodeURIComponent('mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAA')}`, [400]],
      [`/v1/groups/${encodeURIComponent('mimi://example.org/g/AAAAAAAAAAAAAAAAAAAAAA\n')}`, [400]],
      ['*', [400, 404]],
      ['?', [400, 404]],
      ['/v1/websocket', [426]],
    ]
    for (const [path, statuses] of paths) {
      const heard = await said(head(`GET ${path} HTTP/1.1`, bearer(), 'Connection: close'))
      expect(statuses, `${path}: ${heard.slice(0, 300)}`).to.include(statusOf(heard))
    }
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'PUT', 'DELETE']) {
      const heard = await said(head(`${method} /v1/contacts HTTP/1.1`, bearer(), 'Connection: close'))
      expect([400, 404, 405, 0], `${method}: ${heard}`).to.include(statusOf(heard))
    }
    await isAlive()
  })

  it('asks for an upgrade that is none, and gets a word or an end, without a trace in the log', async () => {
    const upgrade = (path: string, ...headers: readonly string[]) =>
      said(head(`GET ${path} HTTP/1.1`, 'Connection: Upgrade', ...headers))
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    const version = 'Sec-WebSocket-Version: 13'
    const asked = [
      await upgrade('/v1/websocket', 'Upgrade: h2c'),
      await upgrade('/v1/websocket', 'Upgrade: websocket'),
      await upgrade('/v1/websocket', 'Upgrade: websocket', key, 'Sec-WebSocket-Version: 1'),
      await upgrade('/v1/websocket', 'Upgrade: websocket', 'Sec-WebSocket-Key: x', version),
      await upgrade('/v1/elsewhere', 'Upgrade: websocket', key, version),
      await upgrade('//', 'Upgrade: websocket', key, version),
      await upgrade('http://[/v1/websocket', 'Upgrade: websocket', key, version),
      await upgrade('/v1/websocket', 'Upgrade: websocket', key, version, 'Authorization: Bearer x'),
      await upgrade('/v1/websocket', 'Upgrade: websocket', key, version, 'Sec-WebSocket-Protocol: bearer.x'),
    ]
    for (const heard of asked) expect(statusOf(heard), heard).to.be.within(400, 499)
    await isAlive()
    expect(house.server.log()).to.not.contain('"level":"error"')
  })

  it('pipelines a hundred requests and has its hundred answers in order', async () => {
    const requests = Array.from({ length: 100 }, (_, n) =>
      n % 2 === 0
        ? head('GET /livez HTTP/1.1')
        : head(`GET /v1/nothing/${n} HTTP/1.1`, ...(n === 99 ? ['Connection: close'] : [])),
    )
    const heard = await said(requests.join(''))
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
    expect(statuses).to.deep.equal(requests.map((_, n) => (n % 2 === 0 ? '200' : '404')))
  })

  it('leaves nothing in the server’s log but what an operator must know', () => {
    expect(house.server.log()).to.not.match(/"level":"error"|TypeError|RangeError|\n {4}at /)
  })
})
