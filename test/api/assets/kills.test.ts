/** A real server process killed in the middle of uploads and downloads of assets. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { domain } from '../../commands/mlsFixture.js'
import { openHouse } from '../../faults/house.js'
import type { RealHouse } from '../../faults/house.js'
import { expect } from 'chai'
import { begin, bring, howFar } from './resuming.js'
import { survivesKills } from './interrupted.js'
import { download, fileOf, reserved } from './sharing.js'

describe('an asset on a server that is killed', () => {
  let house: RealHouse
  before(async () => {
    house = await openHouse()
  })
  after(() => house.close())

  it('is uploaded on from what was durable, and downloaded on from what was had', () => survivesKills(house))

  it('is stored whose digest is counted again over what an earlier process wrote', async () => {
    const alice = await house.register()
    const file = fileOf(3_000_000)
    const asset = await reserved(house, alice, file)
    await begin(house, alice, asset, 3_000_000)
    await bring(house, alice, asset, 0, new Uint8Array(1_000_000))
    await house.server.crash()
    await house.server.restart()
    expect((await howFar(house, alice, asset)).headers.get('upload-offset')).to.equal('1000000')
    const wrong = await bring(house, alice, asset, 1_000_000, file.bytes.subarray(1_000_000))
    expect([wrong.status, wrong.body['code']]).to.deep.equal([400, 'digest-mismatch'])
    expect((await bring(house, alice, asset, 0, file.bytes)).status).to.equal(204)
    expect(file.bytes.equals((await download(house, alice, asset, file.capability)).bytes)).to.equal(true)
  })

  /** As if it had died between the last part and the record of it. */
  const diedBefore = async (asset: string, start: number, bytes: Uint8Array): Promise<void> => {
    await house.server.crash()
    const local = asset.slice(asset.lastIndexOf('/') + 1)
    const directory = join(house.server.dataDir, 'assets', 'parts', domain, local.slice(0, 1), local.slice(1, 2), local)
    await writeFile(join(directory, String(start).padStart(16, '0')), bytes)
    await house.server.restart()
  }

  it('whose bytes were all there, and not recorded, is stored once anybody asks how far it is', async () => {
    const alice = await house.register()
    const [file, other] = [fileOf(3_000_000), fileOf(3_000_000, 2)]
    for (const [said, stored] of [
      [file, true],
      [other, false],
    ] as const) {
      const asset = await reserved(house, alice, said)
      await bring(house, alice, asset, 0, file.bytes.subarray(0, 1_000_000))
      await diedBefore(asset, 1_000_000, file.bytes.subarray(1_000_000))
      const { status, headers } = await howFar(house, alice, asset)
      expect([status, headers.get('upload-offset')]).to.deep.equal(stored ? [204, '3000000'] : [400, null])
      const { status: given, bytes } = await download(house, alice, asset, said.capability)
      expect([given, file.bytes.equals(bytes)]).to.deep.equal(stored ? [200, true] : [404, false])
      expect((await howFar(house, alice, asset)).headers.get('upload-offset')).to.equal(stored ? '3000000' : '0')
    }
  })
})
