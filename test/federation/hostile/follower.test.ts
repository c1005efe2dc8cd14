/** A follower that answers its hub whatever it likes: the others get what is theirs, and the hub believes nothing that it cannot know. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { notifyPath, notifyRoute } from '#src/federation/inbound/notify.js'
import { itemsExtension, notifyPeers } from '#src/federation/outbox/notifyPeers.js'
import { firstIn } from '#src/federation/itemsType.js'
import { signingKeyOf } from '#src/federation/signatures/signingKey.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { openPeerHouse } from '../../api/peers/peerHouse.js'
import type { HandClock, PeerHouse } from '../../api/peers/peerHouse.js'
import { message } from '../../simulation/federation/hub.js'
import { openLiar, say } from './liar.js'
import type { Answer, Liar } from './liar.js'
import { openThree } from './threeServers.js'
import type { Three } from './threeServers.js'

const rates = { requestsPerNewPeer: { burst: 10_000, everyMs: 1 } }

describe('a follower that lies to its hub', () => {
  let three: Three
  let hub: PeerHouse
  let honest: PeerHouse
  let liar: Liar
  /** What nobody is to be asked. */
  let inside: { readonly url: string; readonly asked: string[]; readonly close: () => Promise<void> }

  beforeEach(async () => {
    three = await openThree()
    const map = new Map<Domain, string>()
    const clock: HandClock = { at: 0, now: three.now, sleep: () => Promise.resolve() }
    hub = await openPeerHouse(three.hub.server.domain, map, { clock })
    const routes = [notifyRoute({ record: three.honest.record() })]
    honest = await openPeerHouse(three.honest.domain, map, { clock, routes, rates })
    honest.own.directory = { ...honest.own.directory, paths: { notify: notifyPath }, extensions: [itemsExtension] }
    liar = await openLiar(three.hostile.domain, map, clock)
    three.notify = notifyPeers(hub)
    inside = await openInside()
  })
  afterEach(async () => {
    for (const house of [hub, honest, liar]) await house.close()
    await inside.close()
  })

  const clockOf = () => ({ now: three.now })
  const firstOf = (contentType: string | undefined): number => firstIn(contentType) ?? 0
  /** Signed as it should be. */
  const says =
    (status: number, body: (first: number) => unknown): Answer =>
    (request, response) => {
      const said = JSON.stringify(body(firstOf(request.headers['content-type'])))
      say(request, response, { status, body: said, key: liar.signingKey() }, clockOf())
    }
  const takenAll = '{"next":1000000}'
  const strangersKey = signingKeyOf({
    id: 'hs',
    privateKey: new Uint8Array(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })),
  })
  /** The field Signature of the request before this one. */
  let before = ''

  type Lie = readonly [what: string, answer: Answer, comesTo: 'failing' | 'stopped' | 'waits']
  const lies: readonly Lie[] = [
    ['answers unsigned', (_, response) => response.writeHead(201).end(takenAll), 'failing'],
    [
      'signs with a key that it does not publish',
      (request, response) => {
        say(request, response, { status: 201, body: takenAll, key: strangersKey }, clockOf())
      },
      'failing',
    ],
    [
      'signs with a key of its own name that is not the one it publishes',
      (request, response) => {
        const key = { ...strangersKey, id: liar.signingKey().id }
        say(request, response, { status: 201, body: takenAll, key }, clockOf())
      },
      'failing',
    ],
    [
      'has another server sign',
      (request, response) => {
        say(request, response, { status: 201, body: takenAll, key: honest.signingKey() }, clockOf())
      },
      'failing',
    ],
    [
      'shows the answer to another request',
      (request, response) => {
        const said = { status: 201, body: takenAll, key: liar.signingKey(), requestSignature: before }
        before = String(request.headers['signature'])
        say(request, response, said, clockOf())
      },
      'failing',
    ],
    ['sends elsewhere', (_, response) => response.writeHead(307, { location: inside.url }).end(), 'failing'],
    [
      'sends elsewhere, signed',
      (request, response) => {
        const headers = { location: inside.url }
        say(request, response, { status: 308, body: '', key: liar.signingKey(), headers }, clockOf())
      },
      'failing',
    ],
    [
      'answers with a bomb',
      (request, response) => {
        const body = gzipSync(Buffer.alloc(50_000_000, '{"next":1}'))
        const headers = { 'content-encoding': 'gzip' }
        say(
          request,
          response,
          { status: 201, body: body.subarray(0, 16_000), key: liar.signingKey(), headers },
          clockOf(),
        )
      },
      'failing',
    ],
    [
      'answers without end',
      (_, response) => {
        endless(response)
      },
      'failing',
    ],
    [
      'has headers without end',
      (_, response) => {
        endlessHeaders(response)
      },
      'failing',
    ],
    [
      'hangs up',
      (request) => {
        request.socket.destroy()
      },
      'failing',
    ],
    ['says nothing in words', says(201, () => ({ next: 'soon' })), 'failing'],
    ['says a number that is none', says(201, () => ({ next: -1 })), 'failing'],
    ['says a number beyond numbers', says(201, () => ({ next: 1e300 })), 'failing'],
    ['refuses in the name of nobody', says(500, () => ({ code: 'internal' })), 'failing'],
    ['is full of requests', says(429, () => ({ code: 'rate-limited', retryAfter: 2 })), 'failing'],
    ['has more than it was sent', says(201, () => ({ next: 1_000_000 })), 'stopped'],
    ['expects more than it was sent', says(409, () => ({ code: 'item-unexpected', next: 1_000_000 })), 'stopped'],
    [
      'refuses in many words',
      says(422, (next) => ({ code: 'item-refused', next, reason: 'x'.repeat(15_000) })),
      'stopped',
    ],
    ['never confirms', says(201, (next) => ({ next })), 'waits'],
    ['expects what it was just sent', says(409, (next) => ({ code: 'item-unexpected', next })), 'waits'],
    ['takes no more new groups today', says(429, () => ({ code: 'rate-limited', retryAfter: 8_640 })), 'waits'],
    ['cannot judge now', says(503, () => ({ code: 'store-unavailable' })), 'waits'],
  ]

  const stateOf = (): string => {
    const { failing, stopped } = three.hub.server.worker().status()
    if (failing.includes(three.hostile.domain)) return 'failing'
    return stopped.some(({ peer }) => peer === three.hostile.domain) ? 'stopped' : 'waits'
  }

  for (const [what, answer, comesTo] of lies)
    it(`is not believed, and keeps nobody waiting, where it ${what}`, async () => {
      before = `hs=:${'A'.repeat(86)}==:`
      liar.answer = answer
      for (let n = 0; n < 4; n++) {
        await message(three.hub, three.group)
        await three.serve(three.hostile)
        three.advance(4_000)
      }
      expect(stateOf()).to.equal(comesTo)
      expect(await three.reaches(three.honest)).to.equal(true)
      const { stopped } = three.hub.server.worker().status()
      expect(stopped.every(({ why }) => why.length < 300)).to.equal(true)
      // Nothing was confirmed by it: all that it is owed stands there.
      const owed = await three.hub.server.view().items(three.hostile.domain, three.group, 0, 100)
      expect(owed[0]?.sequence).to.equal(0)
      expect(inside.asked).to.deep.equal([])
    })

  for (const [what, answer] of [
    [
      'answers a byte at a time',
      (_: unknown, response: Parameters<Answer>[1]) => {
        drip(response)
      },
    ],
    ['does not answer', () => undefined],
  ] as const)
    it(`keeps nobody waiting where it ${what}`, async () => {
      liar.answer = answer
      await message(three.hub, three.group)
      // It is recorded where it begins, and then asked.
      await three.serve(three.hostile)
      let isOver = false
      const served = three.serve(three.hostile).then(() => {
        isOver = true
      })
      for (let n = 0; n < 3; n++) {
        await message(three.hub, three.group)
        expect(await three.reaches(three.honest)).to.equal(true)
      }
      expect(isOver).to.equal(false)
      await liar.close()
      await served
      expect(stateOf()).to.equal('failing')
    })

  it('is asked again ever later, and no more often however much there is for it', async () => {
    let asked = 0
    liar.answer = (_, response) => {
      asked++
      response.writeHead(500).end()
    }
    for (let minute = 0; minute < 24 * 60; minute++) {
      if (minute % 10 === 0) await message(three.hub, three.group)
      await three.serve(three.hostile)
      three.advance(60_000)
    }
    expect(asked).to.be.within(24, 60)
  })
})

const openInside = async (): Promise<{ url: string; asked: string[]; close: () => Promise<void> }> => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(String(request.url))
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/inside`,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Response = Parameters<Answer>[1]

const endless = (response: Response): void => {
  response.writeHead(201, { 'content-type': 'application/json' })
  const piece = Buffer.alloc(64 * 1024, '{"next":1}')
  const more = (): void => {
    while (!response.destroyed && response.write(piece)) continue
  }
  response.on('drain', more)
  more()
}

const endlessHeaders = (response: Response): void => {
  const { socket } = response
  socket?.write('HTTP/1.1 201 Created\r\n')
  const more = (): void => {
    while (socket?.destroyed === false && socket.write(`x-more: ${'y'.repeat(1_000)}\r\n`)) continue
  }
  socket?.on('drain', more).on('error', () => undefined)
  more()
}

const drip = (response: Response): void => {
  response.writeHead(201, { 'content-type': 'application/json' })
  const drop = setInterval(() => response.write(' '), 5)
  response.once('close', () => {
    clearInterval(drop)
  })
}
