/** How other servers are asked and believed: by their directory, under the root that was pinned, with their signature. */
import { createPrivateKey, sign } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { expect } from 'chai'
import { makeAuthority } from '#src/adapters/x509/authority.js'
import { peerAggregate } from '#src/commands/peer/peer.js'
import { pinRoot } from '#src/commands/peer/peerActs.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { rootStatementContent } from '#src/federation/peers/rootStatement.js'
import { knowDirectories } from '#src/federation/peers/directories.js'
import { foreignRoots } from '#src/federation/peers/roots.js'
import { signAnswers } from '#src/federation/inbound/signAnswers.js'
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { derivedId } from '#src/streams/commandId.js'
import { forge } from './forged.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse, PeerHouseOptions } from './peerHouse.js'

const [a, b] = [nameOf('a.example'), nameOf('b.example')]

let open: PeerHouse[] = []
const houses = async (ofB: PeerHouseOptions = {}) => {
  const map = new Map<Domain, string>()
  const one = await openPeerHouse(a, map)
  const two = await openPeerHouse(b, map, ofB)
  open.push(one, two)
  return { one, two, map }
}

const ask = async (from: PeerHouse, to: Domain, endpoint = 'greet'): Promise<string> => {
  const request = {
    endpoint,
    parameters: { room: 'r1', loud: '' },
    method: 'POST',
    contentType: 'application/json',
    body: Buffer.from('{"word":"hello"}'),
    bytesMax: 500,
    timeoutMs: 10_000,
  } as const
  return from.peers.ask(to, request).then(({ status }) => String(status), String)
}

const failed = (asked: Promise<unknown>): Promise<string> => asked.then(() => 'answered', String)

/** Changes what is answered, on the way. */
const changing =
  (change: (response: Parameters<RequestListener>[1]) => void) =>
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    const end = response.end.bind(response) as (...given: readonly unknown[]) => typeof response
    const changed = (...given: readonly unknown[]) => {
      if (request.method === 'POST') change(response)
      return end(...given)
    }
    Object.assign(response, { end: changed })
    listener(request, response)
  }

describe('an answer of a peer', () => {
  afterEach(async () => {
    for (const house of open) await house.close()
    open = []
  })

  it('is believed with its signature, whatever it says', async () => {
    const { one, two } = await houses()
    expect(await ask(one, b)).to.equal('201')
    two.own.directory = { ...two.own.directory, extensionPaths: { greet: '/federation/v1/nothing' } }
    one.clock.at += 24 * 3_600_000
    // An address of nobody's is no route, and no route knows who asks.
    expect(await ask(one, b)).to.match(/PeerUnreachable: b.example: 404, unsigned/)
  })

  it('is none where it is not signed, or something else than what was signed', async () => {
    const changes: readonly ((response: Parameters<RequestListener>[1]) => void)[] = [
      (response) => {
        response.removeHeader('signature')
      },
      (response) => {
        response.removeHeader('signature-input')
      },
      (response) => {
        response.statusCode = 200
      },
      (response) => {
        response.setHeader('content-digest', 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:')
      },
    ]
    for (const change of changes) {
      const { one } = await houses({ proxy: changing(change) })
      expect(await ask(one, b)).to.match(/PeerUnreachable: b.example: 20[01], unsigned/)
    }
  })

  it('is none of the peer where another signed it, or for another request', async () => {
    const { one, two, map } = await houses()
    const asA = signAnswers(
      { believed: () => 'hs=:AAAA:', signingKey: () => two.signingKey(), clock: two.clock },
      (_, response) => {
        response.writeHead(201).end('{}')
      },
    )
    const replaying = await openPeerHouse(nameOf('c.example'), map, { proxy: () => asA })
    open.push(replaying)
    expect(await ask(one, replaying.domain)).to.match(/PeerUnreachable|PeerNotFederating/)
  })

  it('that is unsigned says at most when to come again', async () => {
    const busy =
      (listener: RequestListener): RequestListener =>
      (request, response) => {
        if (request.method === 'POST') response.writeHead(429, { 'retry-after': '17' }).end()
        else listener(request, response)
      }
    const { one } = await houses({ proxy: busy })
    const failed = await one.peers
      .ask(b, {
        endpoint: 'greet',
        parameters: { room: 'r', loud: '' },
        method: 'POST',
        contentType: 'x/y',
        body: new Uint8Array(),
        bytesMax: 9,
        timeoutMs: 10_000,
      })
      .catch((error: unknown) => error)
    expect(failed).to.deep.include({ peer: b, retryAfter: 17 })
  })

  it('is not waited for where there is no such endpoint, no directory, or nobody', async () => {
    const { one, two, map } = await houses()
    expect(await ask(one, b, 'backfill')).to.match(/PeerNotFederating: b.example: it has no backfill/)
    expect(await ask(one, b, 'constructor')).to.match(/PeerNotFederating/)
    map.set(nameOf('c.example'), two.at)
    expect(await ask(one, nameOf('c.example'))).to.match(/PeerNotFederating/)
    map.set(nameOf('d.example'), 'http://127.0.0.1:1')
    expect(await ask(one, nameOf('d.example'))).to.match(/PeerUnreachable/)
  })

  it('is looked for again as soon as it shows itself, where it was not there', async () => {
    const { one, two, map } = await houses()
    const { directories } = one
    map.set(b, 'http://127.0.0.1:1')
    for (let n = 0; n < 2; n++) expect(await failed(directories.of(b))).to.match(/PeerUnreachable/)
    map.set(b, two.at)
    expect(await failed(directories.of(b))).to.match(/PeerUnreachable/)
    directories.showed(b)
    expect(await directories.of(b)).to.have.property('domain', b)
    directories.showed(b)
    await directories.of(b)
    expect(two.asked).to.have.length(1)
  })

  it('is looked for again a moment later where it was met before, by a process that found nobody', async () => {
    const { one, two, map } = await houses()
    await ask(one, b)
    const [met, stranger] = [one.asking(undefined), nameOf('c.example')]
    for (const domain of [b, stranger]) map.set(domain, 'http://127.0.0.1:1')
    const { directoryOf } = met.trust
    for (const domain of [b, stranger]) expect(await failed(directoryOf(domain))).to.match(/PeerUnreachable/)
    for (const domain of [b, stranger]) map.set(domain, two.at)
    two.asked.length = 0
    expect(await failed(directoryOf(b))).to.match(/PeerUnreachable/)
    one.clock.at += 500
    expect(await directoryOf(b)).to.have.property('domain', b)
    // Of those that anybody may have made up there is no end.
    expect(await failed(directoryOf(stranger))).to.match(/PeerUnreachable/)
    expect(two.asked).to.have.length(1)
    await met.close()
  })

  it('is asked where an operator said that another server is by nobody but that one', async () => {
    const { one, two } = await houses()
    const directories = knowDirectories({ outbound: one.outbound, map: new Map([[b, two.at]]), clock: one.clock })
    const { host } = new URL(two.at)
    const stranger = nameOf('c.example')
    for (const url of [`${two.at}/x`, `https://${host}/x`])
      expect(() => directories.reachedAt(stranger, url), url).to.throw('it names the address of another server')
    expect(await failed(directories.of(nameOf(host)))).to.match(/PeerNotFederating/)
    expect(directories.reachedAt(b, 'https://b.example/x?y')).to.equal(`${two.at}/x?y`)
    expect(directories.reachedAt(stranger, 'https://c.example/x')).to.equal('https://c.example/x')
    expect(two.asked).to.deep.equal([])
  })

  it('is asked for once more where the peer says what time it is, and no later than it says', async () => {
    const times: number[] = []
    const wrong =
      (serverTime: number) =>
      (listener: RequestListener): RequestListener =>
      (request, response) => {
        if (request.method !== 'POST') {
          listener(request, response)
          return
        }
        times.push(Number(/created=(\d+)/.exec(String(request.headers['signature-input']))?.[1]))
        response.writeHead(401).end(JSON.stringify({ code: 'clock-skew', serverTime }))
      }
    const { one } = await houses({ proxy: wrong(1_800_000_600_000) })
    expect(await ask(one, b)).to.match(/401, unsigned/)
    expect(times).to.deep.equal([1_800_000_001, 1_800_000_600])
    const { one: other } = await houses({ proxy: wrong(1_800_010_000_000) })
    expect(await ask(other, b)).to.match(/401, unsigned/)
    expect(times.slice(2)).to.deep.equal([1_800_000_001])
  })
})

describe('the root of a peer', () => {
  afterEach(async () => {
    for (const house of open) await house.close()
    open = []
  })

  const another = async (domain: Domain) => {
    const { rootCertificate, rootPrivateKey } = await makeAuthority(domain, 1_700_000_000_000)
    return {
      root: toBase64url(rootCertificate),
      key: createPrivateKey({ key: Buffer.from(rootPrivateKey), format: 'der', type: 'pkcs8' }),
    }
  }
  const bytes = (root: string) => fromBase64url(root)!
  type Root = Awaited<ReturnType<typeof another>>
  const stated = (from: Root, to: Root, by = from, domain = b) => ({
    from: from.root,
    to: to.root,
    signature: toBase64url(sign(undefined, rootStatementContent(domain, bytes(from.root), bytes(to.root)), by.key)),
  })
  const day = 24 * 3_600_000

  it('stays the one that was seen first: who comes with another is asked nothing, and not believed', async () => {
    const { one, two } = await houses()
    expect(await ask(one, b)).to.equal('201')
    two.own.directory = { ...two.own.directory, root: (await another(b)).root }
    one.clock.at += day
    expect(await ask(one, b)).to.match(/PeerRefused: b.example: its root is not the one that is pinned/)
    expect((await forge(two, one)).status).to.equal(401)
    expect((await one.facts(b)).map(({ type }) => type)).to.deep.equal(['PeerSeen'])
  })

  it('changes by a statement that the old one signed, step by step', async () => {
    const [first, second, third] = [await another(b), await another(b), await another(b)]
    const { one, two } = await houses()
    two.own.directory = { ...two.own.directory, root: first.root }
    expect(await ask(one, b)).to.equal('201')
    const bad = [
      [],
      [stated(first, second)],
      [stated(first, second), stated(second, third, third)],
      [stated(first, second, second), stated(second, third)],
      [stated(first, third, first, a)],
      [stated(second, third)],
      [stated(first, second), stated(second, first)],
    ]
    for (const rootStatements of bad) {
      two.own.directory = { ...two.own.directory, root: third.root, rootStatements }
      one.clock.at += day
      expect(await ask(one, b), JSON.stringify(rootStatements.length)).to.match(/PeerRefused/)
    }
    const rootStatements = [stated(first, second), stated(second, third)]
    two.own.directory = { ...two.own.directory, rootStatements }
    one.clock.at += day
    two.clock.at = one.clock.at
    expect(await ask(one, b)).to.equal('201')
    expect((await one.facts(b)).slice(1)).to.deep.equal(
      rootStatements.map(({ to, signature }) => ({
        type: 'PeerRootPinned',
        data: { root: to, by: { type: 'statement', signature } },
      })),
    )
    const pinned = (await foreignRoots(one).pinned(b)).map(toBase64url)
    expect(pinned).to.deep.equal([third.root, second.root, first.root])
  })

  it('is believed with those that led to it, where it had others before it was ever met', async () => {
    const { one, two } = await houses()
    const [first, second, third] = [await another(b), await another(b), await another(b)]
    const stranger = await another(b)
    const rootStatements = [stated(first, second), stated(second, third), stated(stranger, third, third)]
    two.own.directory = { ...two.own.directory, root: third.root, rootStatements }
    expect(await ask(one, b)).to.equal('201')
    const pinned = (await foreignRoots(one).pinned(b)).map(toBase64url)
    expect(pinned).to.deep.equal([third.root, second.root, first.root])
  })

  it('is believed alone where an operator pinned it in the place of another', async () => {
    const { one, two } = await houses()
    const [first, second] = [await another(b), await another(b)]
    two.own.directory = { ...two.own.directory, root: second.root, rootStatements: [stated(first, second)] }
    expect(await ask(one, b)).to.equal('201')
    expect(await foreignRoots(one).pinned(b)).to.have.length(2)
    const other = await another(b)
    const command = { id: derivedId('test', 'pinned by hand'), bodyHash: 'test', at: one.clock.now() }
    await one.streams.execute(peerAggregate, peerStream(b), command, pinRoot({ root: other.root, act: 1 }))
    expect((await foreignRoots(one).pinned(b)).map(toBase64url)).to.deep.equal([other.root])
  })

  it('is the one that an operator pinned, before it was ever seen and after', async () => {
    const { one, two } = await houses()
    const pin = async (root: string, act: number): Promise<void> => {
      const command = { id: derivedId('test', 'pin', String(act)), bodyHash: 'test', at: one.clock.now() }
      await one.streams.execute(peerAggregate, peerStream(b), command, pinRoot({ root, act }))
    }
    const other = await another(b)
    await pin(other.root, 2)
    expect(await ask(one, b)).to.match(/PeerRefused/)
    await pin(two.own.directory.root, 1)
    expect(await ask(one, b)).to.match(/PeerRefused/)
    await pin(two.own.directory.root, 3)
    expect(await ask(one, b)).to.equal('201')
  })
})
