/** Strangers who call themselves by addresses that are ours: nobody there is asked. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { openOutbound } from '#src/adapters/outbound/outbound.js'
import { knowDirectories } from '#src/federation/peers/directories.js'
import { directoryPath, writeDirectory } from '#src/federation/peers/directoryDocument.js'
import { knowPeers } from '#src/federation/peers/client.js'
import { systemRandom } from '#src/adapters/system/random.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { Outbound } from '#src/ports/outbound.js'
import { handClock, nameOf } from '../peerHouse.js'

describe('a server that names an address inside', () => {
  let inside: Server
  let port: number
  const asked: string[] = []
  before(async () => {
    inside = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.end('{}')
    })
    inside.on('connection', () => asked.push('a connection'))
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
    ;({ port } = inside.address() as AddressInfo)
  })
  after(async () => {
    inside.closeAllConnections()
    await new Promise((resolve) => inside.close(resolve))
  })
  beforeEach(() => {
    asked.length = 0
  })

  /** As an operator has it who names nobody: whatever name leads where. */
  const strict = (addresses: readonly string[]): Outbound =>
    openOutbound({
      rule: { named: [], ports: 'anyAboveWellKnown' },
      resolve: () => Promise.resolve(addresses),
    })

  const names = (): readonly string[] => [
    ...['127.0.0.1', 'localhost', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]'],
    ...[
      '10.0.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '[fd00::1]',
      '[64:ff9b::7f00:1]',
      '0.0.0.0',
      'localhost.',
      '127.0.0.1.',
    ],
  ]

  it('by its own name is not asked for its directory, in whatever form that name is written', async () => {
    const ownRule = openOutbound({ rule: { named: [], ports: 'anyAboveWellKnown' } })
    const directories = knowDirectories({ outbound: ownRule, map: new Map(), clock: handClock(0) })
    for (const name of names()) {
      const domain = parseDomain(`${name}:${port}`)
      if (domain === undefined) continue
      expect(await directories.of(domain).catch(String), name).to.match(/Peer(?:Unreachable|NotFederating)/)
    }
    await ownRule.close()
    expect(asked).to.deep.equal([])
  })

  it('by a name that leads there is not asked, nor by one that leads there the second time', async () => {
    for (const addresses of [
      ['127.0.0.1'],
      ['::1'],
      ['::ffff:127.0.0.1'],
      ['10.1.2.3', '127.0.0.1'],
      ['169.254.169.254'],
    ]) {
      const outbound = strict(addresses)
      const directories = knowDirectories({ outbound, map: new Map(), clock: handClock(0) })
      expect(await directories.of(nameOf(`evil.example:${port}`)).catch(String)).to.match(/PeerUnreachable/)
      await outbound.close()
    }
    expect(asked).to.deep.equal([])
  })

  it('as where its endpoints are is not asked, whatever was asked of its directory', async () => {
    const evil = nameOf('evil.example')
    const real = strict(['127.0.0.1'])
    const urls = names().flatMap((name) => [`http://${name}:${port}/x/{roomId}`, `https://${name}:${port}/x/{roomId}`])
    for (const url of urls) {
      const outbound: Outbound = {
        ...real,
        request: (at, request) =>
          at.endsWith(directoryPath) ? Promise.resolve(directoryWith(url)) : real.request(at, request),
      }
      const clock = handClock(0)
      const directories = knowDirectories({ outbound, map: new Map(), clock })
      const trust = {
        standingOf: () => Promise.resolve({ isSpokenTo: true, isKnown: false, wasSeen: false }),
        directoryOf: directories.of,
        keyOf: () => Promise.resolve(undefined),
        met: () => Promise.resolve(),
        refused: () => undefined,
      }
      const signingKey = () => ({ id: 'k', sign: () => new Uint8Array(64) })
      const peers = knowPeers({
        domain: nameOf('a.example'),
        outbound,
        directories,
        trust,
        signingKey,
        clock,
        random: systemRandom,
      })
      const asking = {
        method: 'POST',
        endpoint: 'update',
        parameters: { roomId: 'r' },
        contentType: 'message/mls',
      } as const
      const answer = await peers
        .ask(evil, { ...asking, body: new Uint8Array(), bytesMax: 1_000, timeoutMs: 5_000 })
        .catch(String)
      expect(answer, url).to.match(/Peer(?:Unreachable|NotFederating)/)
    }
    await real.close()
    expect(asked).to.deep.equal([])
  })
})

const directoryWith = (update: string) => {
  const key = { id: 'k', publicKey: 'A'.repeat(43), notBefore: 0, notAfter: 4e12 }
  const directory = { url: '', domain: nameOf('evil.example'), keys: [key], root: 'AAAA', rootStatements: [] }
  const written = writeDirectory({ ...directory, extensions: [], paths: { update }, extensionPaths: {} })
  return { status: 200, headers: {}, body: new Uint8Array(Buffer.from(JSON.stringify(written))) }
}
