/** Assets between servers, over signed HTTP: pieces for who has the capability, and proxied downloads of what is known. */
import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { assetsPath, assetsRoute } from '#src/federation/inbound/assets.js'
import { proxyDownloadPath, proxyDownloadRoute } from '#src/federation/inbound/proxyDownload.js'
import { askAsset, assetsExtension } from '#src/federation/peers/asset.js'
import { fetchFrom } from '#src/federation/peers/fetchFrom.js'
import { assetPiece, assetPieceRequest } from '#src/federation/wire/assetPiece.js'
import { assetPieceBytesMax } from '#src/federation/wire/limits.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { signRequest } from '#src/federation/signatures/requestSignature.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { AssetId, Domain } from '#src/mls/wire/ids.js'
import { reject } from '#src/streams/rejection.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const capability = new Uint8Array(32).fill(7)
const bytes = Buffer.from('a film that nobody reads')
const digest = createHash('sha256').update(bytes).digest()
async function* film(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}
const [home, away, other] = [nameOf('a.example'), nameOf('b.example'), nameOf('c.example')]
const asset = makeId('asset', home, new Uint8Array(16))
/** Ten of the longest pieces, but for what asking costs. */
const assetBytesPerPeer = { burst: 10 * assetPieceBytesMax, everyMs: 1e9 }
const rates = { requestsPerNewPeer: { burst: 1_000, everyMs: 1 }, assetBytesPerPeer }

describe('assets that another server fetches', () => {
  let houses: readonly PeerHouse[]
  let here: PeerHouse
  let there: PeerHouse
  let answered: Uint8Array | undefined
  let downloads: [who: string, asset: AssetId][]
  /** How often somebody came for a file of the third. */
  let visits: number

  beforeEach(async () => {
    ;[answered, downloads, visits] = [undefined, [], 0]
    const map = new Map<Domain, string>()
    const routes = [
      assetsRoute({
        domain: home,
        readPiece: ({ capability: shown, from, length }) =>
          Promise.resolve(
            Buffer.from(shown).equals(capability)
              ? { size: bytes.length, digest, bytes: bytes.subarray(from, from + length) }
              : reject({ code: 'no-such-asset' }),
          ),
      }),
      proxyDownloadRoute({
        download: (who, one) => {
          downloads.push([who, one])
          return Promise.resolve({ status: 200, stream: { length: bytes.length, bytes: film } })
        },
        trust: { standingOf: (domain) => here.trust.standingOf(domain) },
        fetchFrom: (...asked) => fetchFrom(here.outbound, here.directories)(...asked),
      }),
    ]
    here = await openPeerHouse(home, map, {
      routes,
      rates,
      proxy: (listener) => (request, response) => {
        if (answered === undefined || request.url?.includes('/assets/') !== true) listener(request, response)
        else response.writeHead(200).end(answered)
      },
    })
    here.own.directory = {
      ...here.own.directory,
      paths: { proxyDownload: proxyDownloadPath },
      extensionPaths: { [assetsExtension]: assetsPath },
    }
    there = await openPeerHouse(away, map)
    const third = await openPeerHouse(other, map, {
      proxy: (listener) => (request, response) => {
        if (request.url?.startsWith('/files/') !== true) {
          listener(request, response)
          return
        }
        visits++
        const body = Buffer.alloc(request.url === '/files/long' ? 1_048_577 : 5, 'x')
        if (request.headers.range !== undefined)
          return response.writeHead(206, { 'content-range': `${request.headers.range} of it` }).end(body.subarray(0, 5))
        return response.writeHead(request.url === '/files/none' ? 404 : 200, { 'content-type': 'text/html' }).end(body)
      },
    })
    houses = [here, there, third]
  })
  afterEach(async () => {
    for (const house of houses) await house.close()
  })

  const ask = (more: Partial<Parameters<typeof askAsset>[1]> = {}) =>
    askAsset(there.peers, { asset, capability, from: 0, length: 1_000, ...more })
  const away404 = reject({ code: 'no-such-asset' })

  it('are given to who has the capability, from a place on, with what the whole is', async () => {
    const piece = await ask({ from: 2, length: 4 })
    if ('rejected' in piece) throw new Error('refused')
    expect([piece.size, Buffer.from(piece.digest).equals(digest)]).to.deep.equal([bytes.length, true])
    expect(Buffer.from(piece.bytes).toString()).to.equal('film')
    expect(await ask({ length: 0 })).to.deep.include({ size: bytes.length, bytes: new Uint8Array() })
  })

  it('are nothing to who has another one, and of another server', async () => {
    expect(await ask({ capability: new Uint8Array(32) })).to.deep.equal(away404)
    const foreign = makeId('asset', away, new Uint8Array(16))
    const { status } = await there.peers.ask(home, {
      ...{ method: 'POST', endpoint: assetsExtension, parameters: { asset: foreign }, contentType: 'message/mls' },
      ...{
        body: encodeBody(assetPieceRequest, { capability, from: 0, length: 1 }),
        bytesMax: 10_000,
        timeoutMs: 10_000,
      },
    })
    expect(status).to.equal(404)
  })

  it('are counted by server: bytes, and each time that it asks', async () => {
    const length = assetPieceBytesMax
    for (let n = 0; n < 9; n++) expect(await ask({ length })).to.have.property('size')
    expect(await ask({ length })).to.have.nested.property('rejected.code', 'rate-limited')
  })

  it('are no pieces where they are not signed, and where they are not what was asked for', async () => {
    answered = encodeBody(assetPiece, { size: bytes.length, digest, bytes })
    expect(await ask().catch((error: unknown) => error)).to.have.property('name', 'PeerUnreachable')
    answered = undefined
    const short = await ask({ from: bytes.length + 5, length: 3 })
    expect(short).to.deep.include({ bytes: new Uint8Array() })
  })

  describe('in another one’s place', () => {
    /** As a server that does not need the answer to be signed. */
    const proxied = async (url: string, headers: Record<string, string> = {}) => {
      await there.trust.met(home)
      const target = proxyDownloadPath.replace('{downloadUrl}', encodeURIComponent(url))
      const created = Math.floor(there.clock.now() / 1_000)
      const signed = signRequest(
        {
          ...{ method: 'GET', authority: home, target, contentType: 'message/mls' },
          ...{ source: away, destination: home, body: new Uint8Array() },
        },
        { created, expires: created + 30, nonce: randomBytes(16).toString('base64url') },
        there.signingKey(),
      )
      const response = await fetch(here.at + target, { headers: { ...headers, ...signed } })
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
    }
    /** The one that is asked has met the third. */
    const meetThird = () => here.trust.met(other)

    it('are those that it knows by id', async () => {
      expect(await proxied(asset)).to.include({ status: 200, text: bytes.toString() })
      expect(downloads).to.deep.equal([[`peer ${away}`, asset]])
    })

    it('are files at servers that it knows, as bytes and no page, and as far as one answer goes', async () => {
      expect((await proxied(`https://${other}/files/short`)).status).to.equal(403)
      await meetThird()
      expect(await proxied(`https://${other}/files/short`)).to.deep.equal({
        ...{ status: 200, type: 'application/octet-stream', text: 'xxxxx' },
      })
      expect((await proxied(`https://${other}/files/none`)).status).to.equal(404)
      expect((await proxied(`https://${other}/files/long`)).status).to.equal(413)
      expect((await proxied(`https://${other}/files/long`, { range: 'bytes=0-4' })).status).to.equal(206)
    })

    it('are paid for before anybody is asked for them, each as the longest', async () => {
      await meetThird()
      for (let n = 0; n < 9; n++) expect((await proxied(`https://${other}/files/short`)).status).to.equal(200)
      const before = visits
      expect((await proxied(`https://${other}/files/short`)).status).to.equal(429)
      expect(visits).to.equal(before)
    })

    it('are nothing else', async () => {
      await meetThird()
      for (const url of [
        'https://d.example/files/short',
        `http://${other}/files/short`,
        `https://x@${other}/files/short`,
        `https://${other}:1/files/short`,
        `https://C.example/files/short`,
        'https://127.0.0.1/files/short',
        'file:///etc/passwd',
        'x',
      ])
        expect((await proxied(url)).status, url).to.equal(403)
    })
  })
})
