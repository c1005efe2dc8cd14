/** Servers that show each other certificates beside their signatures: a port of its own, at which nobody else gets a word in. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openOutbound } from '#src/adapters/outbound/outbound.js'
import type { OutboundOptions } from '#src/adapters/outbound/outbound.js'
import { systemClock, systemStopwatch } from '#src/adapters/system/clock.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { startServer } from '#src/compose/server.js'
import type { Server } from '#src/compose/server.js'
import { readArguments } from '#src/compose/settings/arguments.js'
import { readConfig } from '#src/compose/settings/config.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { makeTestAuthority } from '../../support/authority.js'
import { silentLogger } from '../../support/silentLogger.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const [a, b] = [nameOf('a.example'), nameOf('b.example')]
const here = { dns: ['b.example'], ip: ['127.0.0.1'] }

describe('servers that show certificates', () => {
  let directory: string
  let server: Server
  let map: Map<Domain, string>
  let ours: { readonly main: string; readonly door: string; readonly ca: string }
  let authority: Awaited<ReturnType<typeof makeTestAuthority>>
  const houses: PeerHouse[] = []

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'homeserver-mtls-'))
    authority = await makeTestAuthority('Closed network')
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory, name), text)
      return join(directory, name)
    }
    const own = await authority.sign(here)
    const [cert, key] = [await file('cert.pem', own.cert), await file('key.pem', own.key)]
    const [main, door] = [await freePort(), await freePort()]
    map = new Map()
    const asker = await openPeerHouse(a, map, { clock: { at: 0, now: Date.now, sleep: () => Promise.resolve() } })
    houses.push(asker)
    ours = { main: `https://127.0.0.1:${main}`, door: `https://127.0.0.1:${door}`, ca: authority.cert }
    const read = readConfig(readArguments([]), {
      ...{ DATA_DIR: join(directory, 'data'), DOMAIN: b, PORT: String(main), PUBLIC_URL: ours.main },
      ...{ TLS_CERT: cert, TLS_KEY: key, FEDERATION: 'allow', FEDERATION_PEERS: `a.example=${asker.at}` },
      ...{ FEDERATION_CERT: cert, FEDERATION_KEY: key, FEDERATION_CA: await file('ca.pem', authority.cert) },
      ...{ FEDERATION_PORT: String(door), FEDERATION_URL: ours.door },
    })
    if ('problems' in read) throw new Error(read.problems.join('\n'))
    const world = { clock: systemClock, stopwatch: systemStopwatch, random: systemRandom, logger: silentLogger }
    server = await startServer(read.config, world)
    map.set(b, ours.door)
  })
  after(async () => {
    await server.close()
    for (const house of houses) await house.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** What the server says to a.example, which shows that: a status, or why there is none. */
  const asked = async (tls: OutboundOptions['tls']): Promise<string> => {
    const [asker] = houses
    const { peers, close } = asker!.asking(tls)
    const answer = await peers
      .ask(b, {
        ...{ method: 'GET', endpoint: 'backfill', contentType: 'message/mls', body: new Uint8Array() },
        parameters: { roomId: 'mimi://b.example/g/atqexHBZL08O3dvRoXrDPQ', from: '0' },
        ...{ bytesMax: 10_000, timeoutMs: 10_000 },
      })
      .then(({ status }) => String(status), String)
    await close()
    return answer
  }
  const get = async (url: string, tls: OutboundOptions['tls']) => {
    const outbound = openOutbound({
      rule: { named: ['127.0.0.1'], ports: 'https' },
      ...(tls === undefined ? {} : { tls }),
    })
    const request = { method: 'GET', bytesMax: 100_000, timeoutMs: 10_000 } as const
    const said = await outbound
      .request(url, request)
      .then(({ status, body }) => `${status} ${Buffer.from(body).toString()}`, String)
    await outbound.close()
    return said
  }

  it('let in who shows one of their authority that names its domain', async () => {
    expect(await asked({ ca: [ours.ca], ...(await authority.sign({ dns: ['a.example'] })) })).to.equal('404')
  })

  it('let nobody in who shows none, one of another authority, or one of another domain', async () => {
    const other = await makeTestAuthority('Others')
    const ca = [ours.ca]
    for (const shown of [{}, await other.sign({ dns: ['a.example'] })])
      expect(await asked({ ca, ...shown })).to.match(/^PeerUnreachable(?!.*401)/)
    for (const dns of [['c.example'], ['example'], ['b.a.example']])
      expect(await asked({ ca, ...(await authority.sign({ dns })) })).to.match(/^PeerUnreachable.*401, unsigned/)
  })

  it('believe nobody who shows one of an authority that they do not know', async () => {
    expect(await asked(await authority.sign({ dns: ['a.example'] }))).to.match(/^PeerUnreachable.*certificate/)
  })

  it('have their directory at both ports, which names the one with certificates, and all else there alone', async () => {
    const path = '/.well-known/mimi-protocol-directory'
    const own = { ca: [ours.ca], ...(await authority.sign({ dns: ['a.example'] })) }
    for (const [url, tls] of [
      [ours.main, { ca: [ours.ca] }],
      [ours.door, own],
    ] as const) {
      const said = await get(url + path, tls)
      expect(said).to.match(/^200 /).and.to.contain(`${ours.door}/federation/`)
      expect(said).to.not.contain(`${ours.main}/federation/`)
    }
    expect(await get(`${ours.main}/federation/v1/backfill/x?from=0`, { ca: [ours.ca] })).to.match(
      /^404 .*no-such-route/,
    )
    expect(await get(`${ours.door}/v1/ids`, own)).to.match(/^404 .*no-such-route/)
  })
})

const freePort = async (): Promise<number> => {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}
