/** Resumable uploads over HTTP: what came stays, for the client that reserved it, and nothing else of tus is there. */
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import type { Resident } from '../../faults/house.js'
import { eventually } from '../../stores/eventually.js'
import { limitsWith } from '../../faults/house.js'
import { begin, bring, bringHalf, durableAt, giveUp, howFar, tus, tusPath } from './resuming.js'
import { download, fileOf, reserved } from './sharing.js'

const MiB = 1024 * 1024

describe('a resumable upload', () => {
  let house: ComposedServer
  let alice: Resident
  let bob: Resident
  before(async () => {
    house = await composeServer({
      LIMITS: limitsWith({ assetPartBytesMax: MiB, assetPartsMax: 12, assetBytesMax: 8 * MiB }),
    })
    alice = await house.register()
    bob = await house.register()
  })
  after(() => house.close())

  const offsetOf = async (asset: string): Promise<string | null> =>
    (await howFar(house, alice, asset)).headers.get('upload-offset')
  const codeOf = ({ status, body }: { readonly status: number; readonly body: object }) => [
    status,
    (body as { readonly code?: string }).code,
  ]
  const partsIn = (asset: string): readonly string[] => {
    const local = asset.slice(asset.lastIndexOf('/') + 1)
    try {
      return readdirSync(
        join(house.server.dataDir, 'assets', 'parts', 'example.org', local.slice(0, 1), local.slice(1, 2), local),
      )
    } catch {
      return []
    }
  }

  it('is begun, asked about, brought in pieces, and is then an asset as any', async () => {
    const file = fileOf(2_500_000)
    const asset = await reserved(house, alice, file)
    const begun = await begin(house, alice, asset, 2_500_000)
    expect(begun.status).to.equal(201)
    expect(begun.headers.get('location')).to.equal('upload')
    expect(begun.headers.get('tus-resumable')).to.equal('1.0.0')
    expect(Date.parse(begun.headers.get('upload-expires') ?? '')).to.be.greaterThan(house.clock.now())
    expect(await offsetOf(asset)).to.equal('0')
    const first = await bring(house, alice, asset, 0, file.bytes.subarray(0, 1_500_000))
    expect([first.status, first.headers.get('upload-offset')]).to.deep.equal([204, '1500000'])
    const { status, headers } = await howFar(house, alice, asset)
    expect([status, headers.get('upload-offset'), headers.get('upload-length')]).to.deep.equal([
      204,
      '1500000',
      '2500000',
    ])
    expect((await begin(house, alice, asset, 2_500_000)).status).to.equal(201)
    const last = await bring(house, alice, asset, 1_500_000, file.bytes.subarray(1_500_000))
    expect([last.status, last.headers.get('upload-offset')]).to.deep.equal([204, '2500000'])
    expect(file.bytes.equals((await download(house, bob, asset, file.capability)).bytes)).to.equal(true)
    expect(await offsetOf(asset)).to.equal('2500000')
  })

  it('goes on from what came before its connection was lost', async () => {
    const file = fileOf(3 * MiB)
    const asset = await reserved(house, alice, file)
    const half = bringHalf(house.server.url, alice, asset, 0, file.bytes.subarray(0, 1_300_000))
    await half.sent
    half.cut()
    await half.over
    const came = Number(await offsetOf(asset))
    expect(came).to.be.within(0, 1_300_000)
    expect((await bring(house, alice, asset, came, file.bytes.subarray(came))).status).to.equal(204)
    expect(file.bytes.equals((await download(house, bob, asset, file.capability)).bytes)).to.equal(true)
  })

  it('is taken over by a newer one of its client, and keeps all that came', async () => {
    const file = fileOf(3 * MiB)
    const asset = await reserved(house, alice, file)
    const before = await durableAt(house.server.url)
    const half = bringHalf(house.server.url, alice, asset, 0, file.bytes.subarray(0, 2 * MiB + 300_000))
    await eventually('parts are durable', async () => (await durableAt(house.server.url)) - before >= 2 * MiB)
    const came = Number(await offsetOf(asset))
    expect(came).to.be.within(2 * MiB, 2 * MiB + 300_000)
    await half.over
    expect((await bring(house, alice, asset, came, file.bytes.subarray(came))).status).to.equal(204)
    expect(file.bytes.equals((await download(house, bob, asset, file.capability)).bytes)).to.equal(true)
  })

  it('is nobody else’s, not even another client’s of the same user', async () => {
    const file = fileOf(1_000)
    const asset = await reserved(house, alice, file)
    const linked = await house.link(alice)
    for (const other of [bob, linked]) {
      expect(codeOf(await begin(house, other, asset, 1_000))).to.deep.equal([404, 'no-such-asset'])
      expect((await howFar(house, other, asset)).status).to.equal(404)
      expect(codeOf(await bring(house, other, asset, 0, file.bytes))).to.deep.equal([404, 'no-such-asset'])
      expect(codeOf(await giveUp(house, other, asset))).to.deep.equal([404, 'no-such-asset'])
    }
    expect((await house.ask(undefined, 'HEAD', tusPath(asset), { headers: tus })).status).to.equal(401)
    expect((await bring(house, alice, asset, 0, file.bytes)).status).to.equal(204)
  })

  it('refuses wrong offsets with the right one, and changes nothing', async () => {
    const file = fileOf(3_000)
    const asset = await reserved(house, alice, file)
    await bring(house, alice, asset, 0, file.bytes.subarray(0, 1_000))
    for (const offset of [0, 999, 1_001, 3_000]) {
      const answer = await bring(house, alice, asset, offset, file.bytes.subarray(0, 10))
      expect(codeOf(answer), `${offset}`).to.deep.equal([409, 'version-mismatch'])
      expect(answer.body['current']).to.equal(1_000)
    }
    for (const offset of ['', '-1', '1e3', '0x3e8', '1000.0']) {
      const answer = await bring(house, alice, asset, 0, file.bytes.subarray(0, 10), { 'upload-offset': offset })
      expect(codeOf(answer), offset).to.deep.equal([400, 'malformed'])
    }
    expect(await offsetOf(asset)).to.equal('1000')
  })

  it('takes no byte more than was reserved', async () => {
    const file = fileOf(2_000)
    const asset = await reserved(house, alice, file)
    const more = await bring(house, alice, asset, 0, new Uint8Array(2_001))
    expect(codeOf(more)).to.deep.equal([413, 'too-large'])
    expect(more.body['max']).to.equal(2_000)
    const half = bringHalf(house.server.url, alice, asset, 0, new Uint8Array(100_000))
    await half.over
    expect(Number(await offsetOf(asset))).to.be.at.most(2_000)
    for (const [length, expected] of [
      ['1999', [400, 'malformed']],
      ['2001', [413, 'too-large']],
      ['x', [400, 'malformed']],
    ] as const)
      expect(codeOf(await begin(house, alice, asset, 0, { 'upload-length': length }))).to.deep.equal(expected)
  })

  it('whose bytes are not those that were said is gone, and may begin anew', async () => {
    const file = fileOf(2_000)
    const asset = await reserved(house, alice, file)
    await bring(house, alice, asset, 0, new Uint8Array(1_000))
    expect(codeOf(await bring(house, alice, asset, 1_000, file.bytes.subarray(1_000)))).to.deep.equal([
      400,
      'digest-mismatch',
    ])
    expect(partsIn(asset)).to.deep.equal([])
    expect(await offsetOf(asset)).to.equal('0')
    expect((await bring(house, alice, asset, 0, file.bytes)).status).to.equal(204)
  })

  it('in tiny pieces ends at assetPartsMax', async () => {
    const file = fileOf(100)
    const asset = await reserved(house, alice, file)
    for (let at = 0; at < 12; at++)
      expect((await bring(house, alice, asset, at, file.bytes.subarray(at, at + 1))).status).to.equal(204)
    const beyond = await bring(house, alice, asset, 12, file.bytes.subarray(12))
    expect(codeOf(beyond)).to.deep.equal([429, 'limit-reached'])
    expect(beyond.body['limit']).to.equal('assetPartsMax')
    expect(partsIn(asset)).to.have.length(12)
  })

  it('is given up with all that came, and counts no more', async () => {
    const file = fileOf(2_000)
    const asset = await reserved(house, alice, file)
    await bring(house, alice, asset, 0, file.bytes.subarray(0, 1_000))
    expect(partsIn(asset)).to.have.length(1)
    expect((await giveUp(house, alice, asset)).status).to.equal(204)
    expect(partsIn(asset)).to.deep.equal([])
    expect((await howFar(house, alice, asset)).status).to.equal(404)
    const { body } = await house.ask(alice, 'GET', '/v1/assets')
    expect((body['assets'] as readonly { readonly asset: string }[]).map((each) => each.asset)).not.to.include(asset)
  })

  it('speaks 1.0.0, and refuses what it has no use for', async () => {
    const file = fileOf(1_000)
    const asset = await reserved(house, alice, file)
    for (const version of ['0.2.2', '1.0.1', '2.0.0']) {
      const answer = await begin(house, alice, asset, 1_000, { 'tus-resumable': version })
      expect(codeOf(answer)).to.deep.equal([412, 'tus-version'])
      expect(answer.headers.get('tus-version')).to.equal('1.0.0')
    }
    const refused = ['upload-defer-length', 'upload-concat', 'upload-metadata', 'x-http-method-override'] as const
    for (const name of refused) {
      const answer = await begin(house, alice, asset, 1_000, { [name]: 'final;x' })
      expect(codeOf(answer), name).to.deep.equal([400, 'malformed'])
      expect(String(answer.body['detail']).toLowerCase()).to.contain(name)
    }
    const typed = await bring(house, alice, asset, 0, file.bytes, { 'content-type': 'application/octet-stream' })
    expect(codeOf(typed)).to.deep.equal([415, 'unsupported-media-type'])
    expect((await house.ask(alice, 'GET', tusPath(asset), { headers: tus })).status).to.equal(405)
    expect((await house.ask(alice, 'PUT', tusPath(asset), { headers: tus })).status).to.equal(405)
    expect(partsIn(asset)).to.deep.equal([])
  })

  it('tells pages of any origin what it speaks, in our words', async () => {
    const asset = await reserved(house, alice, fileOf(1_000))
    const { status, headers } = await house.ask(undefined, 'OPTIONS', tusPath(asset))
    expect(status).to.equal(204)
    const expected = {
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,expiration,termination',
      'tus-max-size': String(8 * MiB),
      'access-control-allow-origin': '*',
      allow: 'POST, HEAD, PATCH, DELETE, OPTIONS',
    }
    for (const [name, value] of Object.entries(expected)) expect(headers.get(name), name).to.equal(value)
    const begun = await begin(house, alice, asset, 1_000, { origin: 'https://elsewhere.example' })
    expect(begun.headers.get('access-control-allow-credentials')).to.equal(null)
    expect(begun.headers.get('access-control-allow-origin')).to.equal('*')
  })
})
