/** The realtime door over real sockets: who may open what, drain, live, acknowledge, send, and every way it closes. */
import { expect } from 'chai'
import type { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { openMemoryConsumers } from '#src/adapters/memory/consumers.js'
import { userStream } from '#src/events/user.js'
import { queueStream } from '#src/events/queue.js'
import { asyncapi } from '#src/api/realtime/websocketDocument.js'
import { clientNumber, groupNumber, leaf, queueNumber, userNumber } from '../projections/queues/world.js'
import { startWebsocketServer } from './websocketServer.js'
import type { Frame, Talker, WebsocketServer } from './websocketServer.js'

const [ana, ben, direct] = [queueNumber(1), queueNumber(2), queueNumber(3)]
const group = groupNumber(1)
const [user, client] = [userNumber(1), clientNumber(1)]
const key = {
  algorithm: 'Ed25519',
  signatureKey: 'AA',
  certificate: 'AA',
  issuer: 'AA',
  serial: '1',
  notAfter: 0,
} as const

describe('the websocket', () => {
  let server: WebsocketServer
  const start = async (options: Parameters<typeof startWebsocketServer>[0] = {}): Promise<void> => {
    server = await startWebsocketServer(options)
    const { world, principals } = server
    principals.set('ana', { kind: 'queue', queue: ana }).set('ben', { kind: 'queue', queue: ben })
    principals.set('client', { kind: 'client', user, client })
    await world.createQueue(ana)
    await world.createQueue(ben)
    await world.createGroup(group, ana)
    await world.append(userStream(user), {
      type: 'UserRegistered',
      data: {
        user,
        handle: 'AAAA',
        handleHash: 'h',
        first: { client, directQueue: direct, key },
        discovery: 'exact',
        claims: 'anyone',
      },
    })
    await server.level()
  }
  afterEach(() => server.close())

  const text = (frame: Frame): string =>
    Buffer.from(String((frame['item'] as { message?: string }).message), 'base64url').toString()
  const open = async (token: string, options: object = {}): Promise<Talker> => {
    const talker = await server.connect()
    talker.say({ type: 'open', token, ...options })
    await talker.hear('opened')
    return talker
  }
  const detail = (frame: Frame): string => (frame['problem'] as { detail: string }).detail
  /** The answer's head, to a handshake that offers extensions. */
  const upgradeOffering = (extensions: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port, pathname } = new URL(server.url)
      const connection = connect(Number(port), hostname, () => {
        const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
        lines.push('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `Sec-WebSocket-Extensions: ${extensions}`)
        lines.push(`Host: ${hostname}`, 'Sec-WebSocket-Protocol: mls-homeserver.1')
        connection.write(`GET ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      })
      connection.once('error', reject)
      connection.once('data', (head) => {
        connection.destroy()
        resolve(head.toString('latin1'))
      })
    })
  const code = (frame: Frame): unknown => (frame['problem'] as { code: string }).code

  it('drains, says that the queue is empty, and goes on live', async () => {
    await start()
    await server.world.message(group, 0, 'before')
    await server.level()
    const talker = await open('ana')
    expect(text(await talker.hear('item'))).to.equal('before')
    await talker.hear('queueEmpty')
    await server.world.message(group, 0, 'live')
    expect(text(await talker.hear('item'))).to.equal('live')
    expect(talker.frames.map(({ type }) => type)).to.deep.equal(['opened', 'item', 'queueEmpty', 'item'])
  })

  it('agrees to no extension, whatever is offered: frames are written beside ws as they are', async () => {
    await start()
    const offering = await upgradeOffering('permessage-deflate; client_max_window_bits, x-anything')
    expect(offering).to.match(/^HTTP\/1\.1 101 /)
    expect(offering.toLowerCase()).not.to.contain('sec-websocket-extensions')
  })

  it('goes on after a cursor, or what was acknowledged', async () => {
    await start()
    for (const word of ['one', 'two', 'three']) await server.world.message(group, 0, word)
    await server.level()
    const first = await open('ana')
    const [one] = [await first.hear('item')]
    const two = await first.hear('item')
    first.say({ type: 'acknowledge', queue: ana, upTo: (two['item'] as { position: string }).position })
    first.say({ type: 'open', token: 'ana', after: (one['item'] as { position: string }).position })
    await first.hear('opened')
    await first.hear('queueEmpty')
    expect(first.frames.filter(({ type }) => type === 'item').map(text)).to.include('three')
    const second = await open('ana')
    expect(text(await second.hear('item'))).to.equal('three')
  })

  it('takes tokens from the header, a subprotocol, or the frame', async () => {
    await start()
    for (const options of [{ token: 'ana' }, { protocol: 'bearer.ana' }]) {
      const talker = await server.connect(options)
      expect(talker.websocket.protocol).to.equal('mls-homeserver.1')
      talker.say({ type: 'open' })
      expect((await talker.hear('opened'))['queue']).to.equal(ana)
    }
  })

  it('opens the direct queue by a client’s token', async () => {
    await start()
    const talker = await open('client')
    expect(talker.frames[0]?.['queue']).to.equal(direct)
    await talker.hear('queueEmpty')
  })

  it('answers for another’s queue as for none, and goes on', async () => {
    await start()
    const talker = await server.connect()
    talker.say({ type: 'open', token: 'ana', queue: ben })
    expect(code(await talker.hear('error'))).to.equal('no-such-queue')
    talker.say({ type: 'open', token: 'ana', queue: queueNumber(77) })
    expect(code(await talker.hear('error'))).to.equal('no-such-queue')
    talker.say({ type: 'open', token: 'ana', after: 'other.1' })
    expect(code(await talker.hear('error'))).to.equal('cursor-expired')
    talker.say({ type: 'open', token: 'ana' })
    await talker.hear('opened')
  })

  it('carries several queues on one connection', async () => {
    await start()
    await server.world.commit(group, 1, { added: [{ ...leaf(1, ben), keyPackageRef: 'AA' }] })
    await server.level()
    const talker = await open('ana')
    talker.say({ type: 'open', token: 'ben' })
    await talker.hear('opened')
    await talker.hear('queueEmpty')
    await talker.hear('queueEmpty')
    await server.world.message(group, 1, 'both')
    const items = [
      await talker.hear('item'),
      await talker.hear('item'),
      await talker.hear('item'),
      await talker.hear('item'),
    ]
    const both = items.filter((frame) => (frame['item'] as { type: string }).type === 'message')
    expect(both.map((frame) => frame['queue'])).to.have.members([ana, ben])
  })

  it('refuses a bad token with 401, and closes with 4401 in a frame', async () => {
    await start()
    const refused = await server.connect({ token: 'nobody' }).then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refused).to.match(/401/)
    const talker = await server.connect()
    talker.say({ type: 'open', token: 'nobody' })
    expect(code(await talker.hear('error'))).to.equal('not-authenticated')
    expect(await talker.closed).to.equal(4401)
  })

  it('displaces the older consumer, whose acknowledgements count no more', async () => {
    await start()
    const older = await open('ana')
    older.say({ type: 'open', token: 'client' })
    await older.hear('opened')
    await open('ana')
    expect((await older.hear('displaced'))['queue']).to.equal(ana)
    older.say({ type: 'acknowledge', queue: ana, upTo: 'log1.3' })
    expect(code(await older.hear('error'))).to.equal('no-such-queue')
    expect(server.acknowledgements.acknowledged(ana)).to.equal(0)
    await open('client')
    expect(await older.closed).to.equal(4409)
  })

  it('acknowledges at once', async () => {
    await start()
    const talker = await open('ana')
    const sent = await server.world.message(group, 0, 'hello')
    const { position } = (await talker.hear('item'))['item'] as { position: string }
    talker.say({ type: 'acknowledge', queue: ana, upTo: position })
    talker.say({ type: 'acknowledge', queue: ben, upTo: position })
    await talker.hear('error')
    expect(server.acknowledgements.acknowledged(ana)).to.equal(sent)
  })

  describe('for sending', () => {
    it('takes JSON and binary frames of a client and answers each', async () => {
      await start()
      const talker = await open('client')
      talker.say({ type: 'send', id: 'k1', group, message: Buffer.from('text').toString('base64url') })
      talker.say(Buffer.concat([Buffer.from([2]), Buffer.from('k2'), Buffer.from('binary')]))
      talker.say({ type: 'send', id: 'k3', group, message: Buffer.from('stale').toString('base64url') })
      expect((await talker.hear('accepted'))['id']).to.equal('k1')
      expect((await talker.hear('accepted'))['id']).to.equal('k2')
      const refused = await talker.hear('refused')
      expect([refused['id'], code(refused)]).to.deep.equal(['k3', 'epoch-too-old'])
      expect(server.sent).to.deep.equal(['AQ AQ text', 'AQ  binary', 'AQ AQ stale'])
    })

    it('needs a client’s token, and keeps to the rate', async () => {
      await start({ rates: { sendsPerClient: { burst: 1, everyMs: 60_000 } } })
      const message = Buffer.from('text').toString('base64url')
      const other = await open('ana')
      other.say({ type: 'send', id: 'k1', group, message })
      expect(code(await other.hear('refused'))).to.equal('not-authenticated')
      const talker = await open('client')
      talker.say({ type: 'send', id: 'k1', group, message })
      talker.say({ type: 'send', id: 'k2', group, message })
      expect(code(await talker.hear('refused'))).to.equal('rate-limited')
    })
  })

  const bad: readonly (readonly [string, string | Uint8Array])[] = [
    ['no JSON', '{'],
    ['an unknown type', '{"type":"shout"}'],
    ['an unknown field', '{"type":"token","token":"ana","more":1}'],
    ['an operator', '{"type":"open","token":{"$ne":null}}'],
    ['a binary frame without a message', new Uint8Array([2, 65, 66])],
    ['a binary frame without an id', new Uint8Array([0, 65, 66])],
    ['an empty binary frame', new Uint8Array()],
  ]
  for (const [what, frame] of bad) {
    it(`answers ${what} with a problem and goes on`, async () => {
      await start()
      const talker = await open('ana')
      talker.websocket.send(frame)
      expect(code(await talker.hear('error'))).to.equal('malformed')
      await server.world.message(group, 0, 'still here')
      expect(text(await talker.hear('item'))).to.equal('still here')
    })
  }

  describe('closes', () => {
    it('with 4413 for a frame over the limit, not for one at it', async () => {
      await start({ limits: { websocketFrameBytesMax: 1_000 } })
      const talker = await open('ana')
      talker.websocket.send(' '.repeat(1_000))
      expect(code(await talker.hear('error'))).to.equal('malformed')
      talker.websocket.send(' '.repeat(1_001))
      expect(await talker.closed).to.equal(4413)
    })

    it('with 4413 for a stranger’s frame over its own limit, after a word about it, not for one at it', async () => {
      await start({ limits: { websocketAnonymousFrameBytesMax: 2_000, websocketFrameBytesMax: 9_000 } })
      const stranger = await server.connect()
      stranger.websocket.send(' '.repeat(2_000))
      expect(detail(await stranger.hear('error'))).to.include('not JSON')
      stranger.websocket.send(' '.repeat(2_001))
      expect(detail(await stranger.hear('error'))).to.include('2000 bytes')
      expect(await stranger.closed).to.equal(4413)
      const bold = await server.connect()
      bold.websocket.send(' '.repeat(9_001))
      expect(await bold.closed).to.equal(4413)
      expect(bold.frames).to.deep.equal([])
    })

    it('with 4401 for a stranger who goes on speaking without a token, not for one who shows it in time', async () => {
      await start({ limits: { websocketAnonymousFramesMax: 3 } })
      for (const frame of ['{', '{"type":"acknowledge","queue":"q","upTo":"c"}', Buffer.from([1, 65])]) {
        const [stranger, late] = [await server.connect(), await server.connect()]
        for (let n = 0; n < 3; n++) stranger.websocket.send(frame)
        expect(await stranger.closed).to.equal(4401)
        for (let n = 0; n < 2; n++) late.websocket.send(frame)
        late.say({ type: 'open', token: 'ana' })
        await late.hear('opened')
        for (let n = 0; n < 5; n++) late.websocket.send(frame)
        await server.world.message(group, 0, 'still here')
        expect(text(await late.hear('item'))).to.equal('still here')
        late.websocket.close()
      }
    })

    it('none that sends much right behind its token, in whatever pieces it comes', async () => {
      await start({ limits: { websocketAnonymousFrameBytesMax: 200 } })
      for (const options of [{}, { token: 'client' }]) {
        const talker = await server.connect(options)
        talker.say({ type: 'token', token: 'client' })
        const message = Buffer.alloc(100_000, 65)
        talker.say({ type: 'send', id: 'k1', group, message: message.toString('base64url') })
        talker.say(Buffer.concat([Buffer.from([2]), Buffer.from('k2'), message]))
        talker.say({ type: 'open', token: 'ana' })
        await talker.hear('opened')
        expect([(await talker.hear('accepted'))['id'], (await talker.hear('accepted'))['id']]).to.deep.equal([
          'k1',
          'k2',
        ])
      }
    })

    it('with 4401 when nobody has spoken in its time, whatever else came', async () => {
      await start({ limits: { websocketFirstTokenMsMax: 500 } })
      const known = await server.connect()
      known.say({ type: 'token', token: 'ana' })
      const [silent, noisy, greeted] = [
        await server.connect(),
        await server.connect(),
        await server.connect({ token: 'ana' }),
      ]
      const noise = setInterval(() => {
        noisy.say({ type: 'acknowledge', queue: ana, upTo: 'log1.1' })
        noisy.websocket.ping()
      }, 5)
      expect([await silent.closed, await noisy.closed]).to.deep.equal([4401, 4401])
      clearInterval(noise)
      for (const talker of [known, greeted]) {
        talker.websocket.send('{')
        expect(code(await talker.hear('error'))).to.equal('malformed')
      }
    })

    it('and takes nothing that comes after, even from whoever does not answer the close', async () => {
      await start()
      const talker = await open('client')
      const before = server.sent.length
      const deaf = talker.websocket as unknown as { _receiver: EventEmitter }
      deaf._receiver.removeAllListeners('conclude')
      talker.say({ type: 'token', token: 'nobody' })
      const send = { type: 'send', id: 'k', group, message: Buffer.alloc(50_000, 65).toString('base64url') }
      talker.say(send)
      await talker.hear('error')
      const over = new Promise((resolve) => talker.websocket.once('close', resolve))
      const flood = setInterval(() => {
        talker.say(send)
      }, 5)
      await over
      clearInterval(flood)
      expect(server.sent.length).to.equal(before)
    })

    it('with 4401 when a client is removed or its token has expired', async () => {
      await start({ limits: { websocketPingMs: 20 } })
      const removed = await open('client')
      await server.world.append(userStream(user), {
        type: 'ClientRemoved',
        data: { user, client, directQueue: direct, reason: 'requested', serials: [] },
      })
      expect(await removed.closed).to.equal(4401)
      const expired = await open('ana')
      server.principals.delete('ana')
      expect(await expired.closed).to.equal(4401)
    })

    it('with 4401 at once when its client is removed, also with only a fan-out queue open and no ping for long', async () => {
      await start({ limits: { websocketPingMs: 1_000_000_000 } })
      const talker = await server.connect()
      talker.say({ type: 'token', token: 'client' })
      talker.say({ type: 'open', token: 'ana' })
      await talker.hear('opened')
      await server.world.append(userStream(user), {
        type: 'ClientRemoved',
        data: { user, client, directQueue: direct, reason: 'requested', serials: [] },
      })
      await server.world.message(group, 0, 'to nobody')
      const heard = talker.hear('item').catch(() => undefined)
      expect(await Promise.race([heard, talker.closed])).to.equal(4401)
    })

    it('not when the token was renewed in time', async () => {
      await start({ limits: { websocketPingMs: 20 } })
      const talker = await open('ana')
      server.principals.set('newer', { kind: 'queue', queue: ana })
      talker.say({ type: 'token', token: 'newer' })
      talker.say({ type: 'token', token: 'newer' })
      talker.websocket.send('{')
      await talker.hear('error')
      server.principals.delete('ana')
      for (let pings = 0; pings < 3; pings++) await new Promise((resolve) => talker.websocket.once('ping', resolve))
      await server.world.message(group, 0, 'still here')
      expect(text(await talker.hear('item'))).to.equal('still here')
    })

    it('with 4401 when its queue is deleted', async () => {
      await start()
      const talker = await open('ana')
      await server.world.append(queueStream(ana), { type: 'QueueDeleted', data: { queue: ana, reason: 'requested' } })
      expect(await talker.closed).to.equal(4401)
    })

    it('with 4408 when two pings in a row are not answered', async () => {
      await start({ limits: { websocketPingMs: 20 } })
      const talker = await server.connect({ silent: true })
      talker.say({ type: 'open', token: 'ana' })
      expect(await talker.closed).to.equal(4408)
    })

    it('with 1008 for a message of too many fragments, not for one at the limit', async () => {
      await start({ limits: { websocketFragmentsMax: 3 } })
      const talker = await open('ana')
      const inFragments = (count: number): void => {
        for (let nth = 1; nth <= count; nth++) talker.websocket.send(' ', { fin: nth === count })
      }
      inFragments(3)
      expect(code(await talker.hear('error'))).to.equal('malformed')
      inFragments(4)
      expect(await talker.closed).to.equal(1008)
    })

    it('with 4429 for one that asks on and on and never reads', async () => {
      await start({ limits: { websocketUnsentBytesMax: 10_000 } })
      const talker = await open('ana')
      talker.websocket.pause()
      while (server.websockets.count() > 0) {
        for (let asked = 0; asked < 100; asked++) talker.websocket.send('{')
        await new Promise((resolve) => setImmediate(resolve))
      }
      talker.websocket.resume()
      expect(await talker.closed).to.be.oneOf([4429, 1006])
    })

    it('with 1001 whoever comes while the server stops', async () => {
      await start()
      const first = await open('ana')
      first.websocket.pause()
      const closed = server.close()
      const late = await server.connect({ token: 'ben' })
      expect(await late.closed).to.equal(1001)
      first.websocket.resume()
      expect(await first.closed).to.equal(1001)
      await closed
      server = await startWebsocketServer()
    })

    it('everything with 1001 when the server stops', async () => {
      await start()
      const talker = await open('ana')
      void server.close()
      expect(await talker.closed).to.equal(1001)
      server = await startWebsocketServer()
    })
  })

  it('leaves nothing open for a connection that was gone before its queue was', async () => {
    const consumers = openMemoryConsumers()
    let go: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    const consume: typeof consumers.consume = async (queue, process) => {
      await gate
      return await consumers.consume(queue, process)
    }
    await start({ consumers: { ...consumers, consume } })
    const talker = await server.connect()
    talker.say({ type: 'open', token: 'ana' })
    talker.say({ type: 'open', token: 'nobody' })
    talker.websocket.terminate()
    while (server.websockets.count() > 0) await new Promise((resolve) => setImmediate(resolve))
    go()
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
    expect(server.delivery.counts().open).to.equal(0)
    expect(await consumers.consumers([ana])).to.deep.equal(new Map())
  })

  it('takes so many connections of one address and no more', async () => {
    await start({ limits: { websocketsPerAddressMax: 1 }, trustedProxies: ['127.0.0.1'] })
    const first = await server.connect()
    const refused = await server.connect().then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refused).to.match(/429/)
    first.websocket.close()
    await first.closed
    while (server.websockets.count() > 0) await new Promise((resolve) => setImmediate(resolve))
    await server.connect()
  })

  it('drops a connection that does not read back to pulling, and loses nothing', async () => {
    await start({ limits: { websocketUnsentBytesMax: 64 * 1024 } })
    const talker = await open('ana')
    await talker.hear('queueEmpty')
    talker.websocket.pause()
    const large = 'x'.repeat(100_000)
    let said = 0
    for (let live = 1; live === 1 && said < 500; said++) {
      await server.world.message(group, 0, `${said} ${large}`)
      await new Promise((resolve) => setImmediate(resolve))
      live = server.delivery.counts().live
    }
    expect(server.delivery.counts(), 'after so much').to.include({ open: 1, live: 0 })
    for (let more = 0; more < 20; more++) await server.world.message(group, 0, `${said++} ${large}`)
    await server.level()
    talker.websocket.resume()
    const got: string[] = []
    while (got.length < said) got.push(text(await talker.hear('item')).split(' ')[0] ?? '')
    expect(got).to.deep.equal(Array.from({ length: said }, (_, nth) => String(nth)))
    while (server.delivery.counts().live === 0) await new Promise((resolve) => setImmediate(resolve))
    await server.world.message(group, 0, 'live again')
    expect(text(await talker.hear('item'))).to.equal('live again')
  })

  it('tells signals to who is live, past the log, and refuses under their id what is refused', async () => {
    await start()
    const [listener, speaker] = [await open('ana'), await open('client')]
    await listener.hear('queueEmpty')
    const head = await server.world.events.head()
    const signal = (words: string, id?: string): void => {
      const bytes = Buffer.from(words).toString('base64url')
      speaker.say({ type: 'signal', group, signal: bytes, ...(id === undefined ? {} : { id }) })
    }
    signal('1 typing')
    const told = await listener.hear('signalled')
    expect(told).to.deep.equal({ type: 'signalled', queue: ana, signal: Buffer.from('1 typing').toString('base64url') })
    signal('stale', 'mine')
    expect(await speaker.hear('refused')).to.include({ id: 'mine' })
    signal('stale')
    expect((await speaker.hear('error'))['problem']).to.include({ code: 'wrong-epoch' })
    listener.say({ type: 'signal', group, id: 'a', signal: 'AAAA' })
    expect((await listener.hear('refused'))['problem']).to.include({ code: 'not-authenticated' })
    speaker.say({ type: 'signal', id: 'b', group, signal: '=' })
    expect(await speaker.hear('refused')).to.include({ id: 'b' })
    expect(await server.world.events.head()).to.equal(head)
  })

  it('refuses signals beyond their budget, and sends none of a slow socket back to pulling', async () => {
    await start({ rates: { signalsPerClientAndGroup: { burst: 400, everyMs: 60_000 } } })
    const [listener, speaker] = [await open('ana'), await open('client')]
    await listener.hear('queueEmpty')
    listener.websocket.pause()
    const large = `1 ${'x'.repeat(60_000)}`
    let missed = 0
    for (let n = 0; missed < 3 && n < 390; n++) {
      speaker.say({ type: 'signal', group, signal: Buffer.from(large).toString('base64url') })
      speaker.say({ type: 'token', token: 'client' })
      await new Promise((resolve) => setImmediate(resolve))
      missed = server.delivery.counts().signalsMissed
    }
    expect(server.delivery.counts()).to.include({ live: 2 })
    expect(missed).to.be.at.least(3)
    await server.world.message(group, 0, 'a message all the same')
    listener.websocket.resume()
    expect(text(await listener.hear('item'))).to.equal('a message all the same')
    for (let n = 0; n < 400; n++) speaker.say({ type: 'signal', id: 'more', group, signal: 'AAAA' })
    expect((await speaker.hear('refused'))['problem']).to.include({ code: 'rate-limited' })
  })

  it('is described by an AsyncAPI document with every frame', async () => {
    await start()
    const document = asyncapi({ url: 'http://localhost:8080', version: '1' }) as {
      channels: { websocket: { messages: object } }
    }
    const names = ['open', 'acknowledge', 'send', 'token', 'opened', 'item', 'queueEmpty', 'accepted', 'refused']
    expect(Object.keys(document.channels.websocket.messages)).to.include.members(names)
    expect(JSON.stringify(document)).to.include('ws')
  })
})
