/** Assets over HTTP: who may upload and who may have them, ranges, ends, and what is refused with nothing left behind. */
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import type { Resident } from '../../faults/house.js'
import { limitDefaults } from '#src/limits/limits.js'
import { contentDigest, download, fileOf, pathOf, reserve, reserved, shared, upload } from './sharing.js'

const limits = { ...limitDefaults, assetBytesMax: 9_000_000, assetBytesPerUserMax: 20_000_000 }
const unknown = 'mimi://example.org/a/AQEBAQEBAQEBAQEBAQEBAQ'
const codeOf = ({ status, body }: { readonly status: number; readonly body: object }) => ({
  status,
  code: (body as { readonly code?: string }).code,
})
const notThere = { status: 404, code: 'no-such-asset' }

describe('an asset', () => {
  let house: ComposedServer
  let alice: Resident
  let bob: Resident
  before(async () => {
    const { assetBytesMax, assetBytesPerUserMax } = limits
    house = await composeServer({
      LIMITS: JSON.stringify({
        assetBytesMax,
        assetBytesPerUserMax,
        bytesWrittenPerUser: 'off',
        commandsPerClient: 'off',
      }),
    })
    alice = await house.register()
    bob = await house.register()
  })
  after(() => house.close())

  it('is downloaded by whoever holds a token and its capability, as it was uploaded', async () => {
    const file = fileOf(5_000_000)
    const asset = await shared(house, alice, file)
    for (const by of [alice, bob]) {
      const { status, headers, bytes } = await download(house, by, asset, file.capability)
      expect(status).to.equal(200)
      expect(file.bytes.equals(bytes)).to.equal(true)
      const digest = contentDigest(file.bytes)
      const expected = {
        etag: `"${file.said.digest}"`,
        'content-length': '5000000',
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment',
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
        'repr-digest': digest,
        'content-digest': digest,
        'access-control-allow-origin': '*',
      }
      for (const [name, value] of Object.entries(expected)) expect(headers.get(name), name).to.equal(value)
      for (const name of ['etag', 'repr-digest', 'content-digest', 'content-range', 'accept-ranges', 'upload-offset']) {
        expect(headers.get('access-control-expose-headers')?.split(', ')).to.include(name)
      }
    }
  })

  it('is no asset for whoever has no capability, or another', async () => {
    const file = fileOf(1_000)
    const asset = await shared(house, alice, file)
    const others = [
      undefined,
      '',
      'x',
      randomBytes(32).toString('base64url'),
      `${file.capability}AA`,
      file.said.capabilityHash,
    ]
    for (const capability of others) {
      const answer = await download(house, bob, asset, capability)
      const missing = await download(house, bob, unknown, capability)
      expect(codeOf(answer)).to.deep.equal(notThere)
      expect({ ...answer.body, requestId: '' }).to.deep.equal({ ...missing.body, requestId: '' })
    }
    const { status } = await house.ask(undefined, 'GET', pathOf(asset), {
      headers: { 'asset-capability': file.capability },
    })
    expect(status).to.equal(401)
    expect((await download(house, { ...bob, token: bob.queueToken }, asset, file.capability)).status).to.equal(403)
  })

  it('that is reserved only is no asset yet', async () => {
    const file = fileOf(1_000)
    const asset = await reserved(house, alice, file)
    expect(codeOf(await download(house, alice, asset, file.capability))).to.deep.equal(notThere)
  })

  it('is told of by HEAD, which knows no ranges', async () => {
    const file = fileOf(1_000)
    const asset = await shared(house, alice, file)
    const { status, headers, bytes } = await download(
      house,
      bob,
      asset,
      file.capability,
      { range: 'bytes=0-9' },
      'HEAD',
    )
    expect(status).to.equal(200)
    expect(bytes).to.have.length(0)
    expect(headers.get('content-length')).to.equal('1000')
    expect(headers.get('repr-digest')).to.equal(contentDigest(file.bytes))
  })

  it('is had in ranges, over the parts it is stored in', async () => {
    const file = fileOf(8_500_000)
    const asset = await shared(house, alice, file)
    const part = 4 * 1024 * 1024
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      [`bytes=${part - 1}-${part}`, part - 1, part + 1],
      [`bytes=${part - 10}-${2 * part + 9}`, part - 10, 2 * part + 10],
      ['bytes=8499990-', 8_499_990, 8_500_000],
      ['bytes=-10', 8_499_990, 8_500_000],
      ['bytes=-99999999', 0, 8_500_000],
      ['bytes=8499999-99999999', 8_499_999, 8_500_000],
    ] as const) {
      const { status, headers, bytes } = await download(house, bob, asset, file.capability, { range })
      expect(status, range).to.equal(206)
      expect(headers.get('content-range')).to.equal(`bytes ${from}-${to - 1}/8500000`)
      expect(file.bytes.subarray(from, to).equals(bytes), range).to.equal(true)
      expect(headers.get('repr-digest')).to.equal(contentDigest(file.bytes))
      expect(headers.get('content-digest')).to.equal(null)
    }
  })

  it('is answered whole to ranges that are none, or many', async () => {
    const file = fileOf(1_000)
    const asset = await shared(house, alice, file)
    const flood = `bytes=${Array.from({ length: 1_000 }, (_, n) => `${n}-${n}`).join(',')}`
    for (const range of [flood, 'bytes=0-0,5-5', 'bytes=5-1', 'bytes=-', 'bytes=a-b', 'lines=1-2', 'bytes=0']) {
      const { status, bytes } = await download(house, bob, asset, file.capability, { range })
      expect(status, range.slice(0, 20)).to.equal(200)
      expect(file.bytes.equals(bytes)).to.equal(true)
    }
    for (const range of ['bytes=1000-', 'bytes=-0', 'bytes=99999-100000']) {
      const { status, headers, body } = await download(house, bob, asset, file.capability, { range })
      expect({ status, code: body['code'], size: body['size'] }, range).to.deep.equal({
        status: 416,
        code: 'range-not-satisfiable',
        size: 1_000,
      })
      expect(headers.get('content-range')).to.equal('bytes */1000')
    }
  })

  it('is not sent to whoever has it, and not in part to whoever has a part of another', async () => {
    const file = fileOf(1_000)
    const asset = await shared(house, alice, file)
    const etag = `"${file.said.digest}"`
    const get = (headers: Readonly<Record<string, string>>) => download(house, bob, asset, file.capability, headers)
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const { status, bytes, headers } = await get({ 'if-none-match': known })
      expect([status, bytes.length, headers.get('etag')]).to.deep.equal([304, 0, etag])
    }
    expect((await get({ 'if-none-match': '"x"' })).status).to.equal(200)
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).to.equal(206)
    expect((await get({ range: 'bytes=0-1', 'if-range': '"x"' })).status).to.equal(200)
    expect((await get({ range: 'bytes=0-1', 'if-range': `W/${etag}` })).status).to.equal(200)
  })

  it('of another server is not fetched for anybody', async () => {
    const elsewhere = 'mimi://elsewhere.example/a/AQEBAQEBAQEBAQEBAQEBAQ'
    const { status, body } = await download(house, bob, elsewhere, fileOf(1).capability)
    expect({ status, code: body['code'], domain: body['domain'] }).to.deep.equal({
      status: 502,
      code: 'peer-not-federating',
      domain: 'elsewhere.example',
    })
    expect(codeOf(await upload(house, alice, elsewhere, Buffer.of(1)))).to.deep.equal(notThere)
    expect(codeOf(await house.ask(alice, 'DELETE', pathOf(elsewhere)))).to.deep.equal(notThere)
    const ours = await shared(house, alice, fileOf(10))
    const disguised = ours.replace('example.org', 'elsewhere.example')
    expect(codeOf(await house.ask(alice, 'DELETE', pathOf(disguised)))).to.deep.equal(notThere)
  })

  it('is named by its id and by nothing that looks like a path', async () => {
    for (const trick of [
      '..%2f..%2fetc%2fpasswd',
      'mimi%3A%2F%2Fexample.org%2Fa%2F..%2F..%2Fx',
      'mimi%3A%2F%2Fexample.org%2Fa%2F%00AQEBAQEBAQEBAQEBAQEBA',
      'mimi%3A%2F%2Fexample.org%2Fg%2FAQEBAQEBAQEBAQEBAQEBAQ',
      'mimi%3A%2F%2F..%2Fa%2FAQEBAQEBAQEBAQEBAQEBAQ',
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status, body } = await house.ask(alice, method, `/v1/assets/${trick}`)
        expect([status, body['code']], `${method} ${trick}`).to.deep.equal([400, 'malformed'])
      }
    }
  })

  it('has one effect under one key, and the same answer', async () => {
    const file = fileOf(1_000)
    const first = await reserve(house, alice, file, {}, 'reserve-once')
    const again = await reserve(house, alice, file, {}, 'reserve-once')
    expect(again.body).to.deep.equal(first.body)
    const asset = String(first.body['asset'])
    const stored = await upload(house, alice, asset, file.bytes, { key: 'upload-once' })
    for (const key of ['upload-once', 'upload-twice']) {
      const { status, body } = await upload(house, alice, asset, file.bytes, { key })
      expect(status).to.equal(201)
      expect(body['expires']).to.equal(stored.body['expires'])
    }
    const other = fileOf(1_000, 2)
    expect(codeOf(await upload(house, alice, asset, other.bytes))).to.deep.equal({
      status: 400,
      code: 'digest-mismatch',
    })
    const types = (await house.events()).filter(({ stream }) => stream === `asset-${asset.split('/').at(-1)}`)
    expect(types.map(({ type }) => type)).to.deep.equal(['AssetReserved', 'AssetStored'])
  })
})

describe('an upload that is refused', () => {
  let house: ComposedServer
  let alice: Resident
  before(async () => {
    house = await composeServer({ LIMITS: JSON.stringify({ assetBytesMax: 9_000_000 }) })
    alice = await house.register()
  })
  after(() => house.close())

  const refusal = async (asset: string, bytes: Uint8Array, more: Parameters<typeof upload>[4] = {}, by = alice) => {
    const answer = await upload(house, by, asset, bytes, more)
    return codeOf(answer)
  }
  const nothingCame = async (asset: string, file: ReturnType<typeof fileOf>): Promise<void> => {
    // Whoever reserved it may still upload it: what was refused left nothing in the way.
    expect((await upload(house, alice, asset, file.bytes)).status).to.equal(201)
    const { bytes } = await download(house, alice, asset, file.capability)
    expect(file.bytes.equals(bytes)).to.equal(true)
  }

  it('when its digest is another, said or not', async () => {
    const file = fileOf(5_000_000)
    const other = fileOf(5_000_000, 2)
    const asset = await reserved(house, alice, file)
    const mismatch = { status: 400, code: 'digest-mismatch' }
    expect(await refusal(asset, other.bytes)).to.deep.equal(mismatch)
    expect(
      await refusal(asset, other.bytes, { headers: { 'content-digest': contentDigest(file.bytes) } }),
    ).to.deep.equal(mismatch)
    for (const digest of ['', 'sha-256=:AAAA:', 'md5=:AAAA:', 'sha-512=:AAAA:']) {
      const headers = { 'content-digest': digest }
      expect(await refusal(asset, file.bytes, { headers })).to.deep.equal({ status: 400, code: 'malformed' })
    }
    await nothingCame(asset, file)
  })

  it('when it is shorter or longer than was said', async () => {
    const file = fileOf(1_000)
    const asset = await reserved(house, alice, file)
    const headers = { 'content-digest': contentDigest(file.bytes) }
    expect(await refusal(asset, file.bytes.subarray(1), { headers })).to.deep.equal({ status: 400, code: 'malformed' })
    const longer = Buffer.concat([file.bytes, Buffer.of(0)])
    const { status, body } = await upload(house, alice, asset, longer, { headers })
    expect({ status, code: body['code'], max: body['max'], actual: body['actual'] }).to.deep.equal({
      status: 413,
      code: 'too-large',
      max: 1_000,
      actual: 1_001,
    })
    await nothingCame(asset, file)
  })

  it('when it comes from another client, even one of the same user', async () => {
    const file = fileOf(1_000)
    const asset = await reserved(house, alice, file)
    for (const by of [await house.register(), await house.link(alice)]) {
      expect(await refusal(asset, file.bytes, {}, by)).to.deep.equal(notThere)
    }
    await nothingCame(asset, file)
  })

  it('when it was never reserved', async () => {
    expect(await refusal(unknown, Buffer.of(1))).to.deep.equal(notThere)
  })

  it('when it says that it is a part', async () => {
    const file = fileOf(1_000)
    const asset = await reserved(house, alice, file)
    const headers = { 'content-range': 'bytes 0-999/1000' }
    expect(await refusal(asset, file.bytes, { headers })).to.deep.equal({ status: 400, code: 'malformed' })
  })

  it('as a reservation: too large, beyond the quota, too many', async () => {
    const of = (size: number) => ({ ...fileOf(1).said, size })
    const ask = async (by: Resident, size: number) => {
      const { status, body } = await house.ask(by, 'POST', '/v1/assets', { json: of(size) })
      const { code, max, actual, used, limit } = body
      return {
        status,
        ...Object.fromEntries(Object.entries({ code, max, actual, used, limit }).filter(([, v]) => v !== undefined)),
      }
    }
    expect(await ask(alice, 9_000_001)).to.deep.equal({
      status: 413,
      code: 'too-large',
      max: 9_000_000,
      actual: 9_000_001,
    })
    expect(await ask(alice, 0)).to.deep.include({ status: 400, code: 'malformed' })
    const carol = await house.register()
    const max = limitDefaults.assetsUnfinishedPerUserMax
    const asked = await Promise.all(Array.from({ length: max + 5 }, () => ask(carol, 1)))
    expect(asked.filter(({ status }) => status === 201)).to.have.length(max)
    expect(asked.filter(({ status }) => status !== 201)[0]).to.deep.equal({
      status: 429,
      code: 'limit-reached',
      limit: 'assetsUnfinishedPerUserMax',
      max,
    })
  })
})
