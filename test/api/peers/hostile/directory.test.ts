/** Directories as nobody should have them: what is wrong with one is that server's own affair. */
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { openOutbound } from '#src/adapters/outbound/outbound.js'
import { knowDirectories } from '#src/federation/peers/directories.js'
import { directoryBytesMax, writeDirectory } from '#src/federation/peers/directoryDocument.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { handClock, nameOf } from '../peerHouse.js'

const [evil, good] = [nameOf('evil.example'), nameOf('good.example')]

const written = (domain: Domain, more: object = {}): string => {
  const key = { id: 'k', publicKey: 'A'.repeat(43), notBefore: 0, notAfter: 4e12 }
  const directory = { url: `https://${domain}`, domain, keys: [key], root: 'AAAA', rootStatements: [], extensions: [] }
  const own = writeDirectory({ ...directory, paths: { update: '/u/{roomId}' }, extensionPaths: {} }) as {
    readonly homeserver: object
  }
  return JSON.stringify({ ...own, homeserver: { ...own.homeserver, ...more } })
}

describe('a directory', () => {
  let server: Server
  let url: string
  let answer: RequestListener
  const asked: string[] = []
  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      asked.push(String(request.url))
      if (request.url?.startsWith('/inside') === true) response.end(written(evil))
      else answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const house = () => {
    const outbound = openOutbound({ rule: { named: ['127.0.0.1'], ports: 'https' } })
    const map = new Map([
      [evil, url],
      [good, url],
    ])
    return { outbound, directories: knowDirectories({ outbound, map, clock: handClock(0) }) }
  }
  const says =
    (body: string | Buffer, headers: Readonly<Record<string, string>> = {}, status = 200): RequestListener =>
    (_, response) => {
      response.writeHead(status, headers).end(body)
    }

  const wrong: readonly (readonly [string, () => RequestListener])[] = [
    ['that is longer than it may be', () => says(written(evil).padEnd(directoryBytesMax + 1))],
    ['that is compressed', () => says(gzipSync(written(evil)), { 'content-encoding': 'gzip' })],
    ['that is a bomb', () => says(gzipSync(Buffer.alloc(20_000_000, ' ')), { 'content-encoding': 'gzip' })],
    ['that is elsewhere', () => says('', { location: `${url}/inside` }, 302)],
    ['of another domain', () => says(written(good))],
    ['that is nested without end', () => says(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)],
    ['without keys', () => says(written(evil, { keys: [] }))],
    ['with keys without end', () => says(written(evil, { keys: Array.from({ length: 17 }, () => ({ id: 'k' })) }))],
    ['that is no text', () => says(Buffer.from([0xff, 0xfe, 0x7b]))],
    ['that is none', () => says('')],
    ['of another version', () => says(written(evil, { version: 2 }))],
    [
      'that never ends',
      () => (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(' '.repeat(64 * 1024))) continue
        }
        response.writeHead(200).on('drain', more)
        more()
      },
    ],
    [
      'that breaks off',
      () => (request, response) => {
        response.writeHead(200, { 'content-length': '500' }).write('{', () => request.socket.destroy())
      },
    ],
  ]
  for (const [what, make] of wrong)
    it(`${what} is none, and another server's is found`, async () => {
      const { outbound, directories } = house()
      try {
        answer = make()
        expect(await directories.of(evil).catch(String)).to.match(/Peer(?:Unreachable|NotFederating)/)
        answer = says(written(good))
        expect((await directories.of(good)).domain).to.equal(good)
        expect(asked.filter((path) => path.startsWith('/inside'))).to.deep.equal([])
      } finally {
        await outbound.close()
      }
    })

  it('names no endpoint by which anything else of a thing is reached', async () => {
    const { outbound, directories } = house()
    const endpoints =
      '{"__proto__":"https://evil.example/x","constructor":"https://evil.example/y","ok":"javascript:1"}'
    answer = says(
      written(evil, { endpoints: 0 }).replace(
        '"endpoints":0',
        `"endpoints":${endpoints.replace(',"ok":"javascript:1"', '')}`,
      ),
    )
    const found = await directories.of(evil)
    expect(Object.getPrototypeOf(found.endpoints)).to.equal(Object.prototype)
    expect(({} as Record<string, unknown>)['x']).to.equal(undefined)
    await outbound.close()
  })
})
