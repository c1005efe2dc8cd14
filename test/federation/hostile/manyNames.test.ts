/** Whoever makes up servers that do not exist, or are slow, keeps nobody from asking those that do. */
import { expect } from 'chai'
import { knowDirectories } from '#src/federation/peers/directories.js'
import { directoryBytesMax, writeDirectory } from '#src/federation/peers/directoryDocument.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { Outbound, OutboundAnswer } from '#src/ports/outbound.js'
import { handClock, nameOf } from '../../api/peers/peerHouse.js'

const good = nameOf('good.example')
const nth = (n: number): Domain => nameOf(`n${n}.evil.example`)

/** As long as it may be. */
const longDirectoryOf = (domain: string): Uint8Array => {
  const key = { id: 'k', publicKey: 'A'.repeat(43), notBefore: 0, notAfter: 1 }
  const directory = { url: `https://${domain}`, domain: nameOf(domain), keys: [key], root: 'AAAA', rootStatements: [] }
  const json = JSON.stringify(writeDirectory({ ...directory, extensions: [], paths: {}, extensionPaths: {} }))
  return Buffer.from(json.padEnd(directoryBytesMax))
}

const house = () => {
  const clock = handClock(1_000)
  const world = { underWay: 0, asked: [] as string[], slow: (_: string): boolean => false }
  const request = (url: string): Promise<OutboundAnswer> => {
    const { hostname } = new URL(url)
    world.asked.push(hostname)
    if (world.slow(hostname)) {
      world.underWay++
      return new Promise(() => undefined)
    }
    return Promise.resolve({ status: 200, headers: {}, body: longDirectoryOf(hostname) })
  }
  const outbound: Outbound = { request, close: () => Promise.resolve() }
  const directories = knowDirectories({ outbound, map: new Map(), clock })
  const failure = (domain: Domain): Promise<string> => directories.of(domain).then(() => 'answered', String)
  return { clock, world, directories, failure }
}

describe('servers that somebody makes up', () => {
  it('are asked so many at once, and keep those waiting alone that were neither heard nor met before', async () => {
    const { clock, world, directories, failure } = house()
    await directories.of(good)
    world.slow = (host) => host !== good
    for (let n = 0; n < 500; n++) directories.of(nth(n)).catch(() => undefined)
    expect(world.underWay).to.equal(64)
    expect(await failure(nth(500))).to.match(/PeerUnreachable.*too many servers are met at once/)
    directories.of(nth(501), true).catch(() => undefined)
    expect(world.underWay).to.equal(65)
    clock.at += 2 * 24 * 3_600_000
    expect((await directories.of(good)).domain).to.equal(good)
    expect(world.asked.filter((host) => host === good)).to.have.length(2)
  })

  it('make room again once they answered, or did not', async () => {
    const { world, directories, failure } = house()
    for (let n = 0; n < 500; n++) expect((await directories.of(nth(n))).domain).to.equal(nth(n))
    world.slow = () => false
    expect(await failure(nth(501))).to.equal('answered')
  })

  it('have directories as long as may be, of which few are kept', async () => {
    const { world, directories } = house()
    for (let n = 0; n < 400; n++) await directories.of(nth(n))
    world.asked.length = 0
    for (const n of [399, 398, 200]) await directories.of(nth(n))
    expect(world.asked).to.deep.equal([])
    await directories.of(nth(0))
    expect(world.asked).to.deep.equal([nth(0)])
  })
})
