/** An operator takes an uploaded asset down: nobody gets it any more, nobody brings it again, and its bytes are gone. */
import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer } from '../api/groupHouse.js'
import { openHouse, operator } from '../faults/house.js'
import type { RealHouse, Resident } from '../faults/house.js'
import { eventually } from '../stores/eventually.js'

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

describe('an asset that an operator takes down', () => {
  let house: RealHouse
  let alice: Resident
  let bob: Resident
  before(async () => {
    house = await openHouse()
    ;[alice, bob] = [await house.register(), await house.register()]
  })
  after(() => house.close())

  const bytes = randomBytes(100_000)
  const digest = sha256(bytes).toString('base64url')
  const capability = randomBytes(32)
  const reserve = (by: Resident): Promise<Answer> => {
    const capabilityHash = sha256(capability).toString('base64url')
    const json = { class: 'message', size: bytes.length, digest, capabilityHash }
    return house.ask(by, 'POST', '/v1/assets', { json })
  }
  const at = (asset: string): string => `/v1/assets/${encodeURIComponent(asset)}`
  const upload = (by: Resident, asset: string): Promise<number> =>
    fetch(house.server.url + at(asset), {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${by.token}`,
        'content-type': 'application/octet-stream',
        'content-digest': `sha-256=:${sha256(bytes).toString('base64')}:`,
      },
      body: bytes,
    }).then(({ status }) => status)
  const download = (by: Resident, asset: string): Promise<Answer> =>
    house.ask(by, 'GET', at(asset), { headers: { 'asset-capability': capability.toString('base64url') } })
  /** Files of the data directory that hold a stretch of the asset. */
  const holding = async (): Promise<readonly string[]> => {
    const names = await readdir(house.server.dataDir, { recursive: true, withFileTypes: true })
    const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    const contents = await Promise.all(files.map((file) => readFile(file).catch(() => Buffer.alloc(0))))
    return files.filter((_, n) => contents[n]!.includes(bytes.subarray(50_000, 50_064)))
  }

  it('is gone for everybody, its digest is refused, and no byte of it is left; lifted, it may come again', async () => {
    const { asset } = (await reserve(alice)).body as { readonly asset: string }
    const waiting = (await reserve(bob)).body as { readonly asset: string }
    expect(await upload(alice, asset)).to.equal(201)
    expect((await download(bob, asset)).bytes).to.deep.equal(new Uint8Array(bytes))
    expect(await holding()).to.have.length(1)

    const json = { digest, why: 'order 12 of 3 May' }
    expect(await house.ask(operator, 'POST', '/v1/operator/takedowns', { json })).to.have.property('status', 200)
    for (const by of [alice, bob]) {
      const { status, body } = await download(by, asset)
      expect([status, body['code']]).to.deep.equal([404, 'no-such-asset'])
      const refused = await reserve(by)
      expect([refused.status, refused.body['code']]).to.deep.equal([403, 'not-allowed'])
    }
    // Whoever uploads while its bytes are taken away is told to try again.
    await eventually('an answer for good', async () => (await upload(bob, waiting.asset)) < 500)
    expect(await upload(bob, waiting.asset)).to.be.within(400, 499)
    await eventually('no byte of it', async () => (await holding()).length === 0)
    await eventually(
      'both assets over',
      async () => (await house.events()).filter(({ type }) => type === 'AssetTakenDown').length === 2,
    )

    const path = `/v1/operator/takedowns/${digest}`
    expect(await house.ask(operator, 'DELETE', path, { json: { why: 'set aside' } })).to.have.property('status', 200)
    const again = (await reserve(bob)).body as { readonly asset: string }
    expect(await upload(bob, again.asset)).to.equal(201)
    expect(await download(alice, again.asset)).to.have.property('status', 200)
    expect(await download(alice, asset)).to.have.property('status', 404)
  })
})
