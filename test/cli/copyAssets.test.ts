/** The bytes of assets on the way from one store to another: what the log promises arrives whole, and what does not is told. */
import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import { openMemoryAssetBytes } from '#src/adapters/memory/assetBytes.js'
import { copyAssets } from '#src/cli/copyAssets.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { AssetId } from '#src/mls/wire/ids.js'
import type { AssetBytes } from '#src/ports/assetBytes.js'

describe('assets that move to another store', () => {
  const open = (): AssetBytes => openMemoryAssetBytes({ now: Date.now })
  const stored = async (to: AssetBytes, ...sizes: readonly number[]) => {
    const asset = makeId('asset', parseDomain('example.org')!, randomBytes(16))
    const hash = createHash('sha256')
    let size = 0
    for (const length of sizes) {
      const bytes = randomBytes(length)
      await to.write(asset, size, bytes)
      hash.update(bytes)
      size += length
    }
    return [asset, { size, digest: hash.digest('base64url') }] as const
  }

  it('arrive whole, and a second time change nothing; what no log promises stays behind', async () => {
    const [from, to] = [open(), open()]
    const [one, other] = [await stored(from, 10, 20, 5), await stored(from, 7)]
    await stored(from, 3)
    const expected = { count: 2, bytes: 42, missing: [] }
    expect(await copyAssets(from, to, new Map([one, other]))).to.deep.equal(expected)
    expect(await to.parts(one[0])).to.deep.equal(await from.parts(one[0]))
    await from.remove(one[0])
    expect(await copyAssets(from, to, new Map([one, other]))).to.deep.equal(expected)
    expect(await to.list({ limit: 10 })).to.have.length(2)
  })

  it('are read once where they come from', async () => {
    const [from, to] = [open(), open()]
    const promised = new Map([await stored(from, 10, 20), await stored(from, 7)])
    const read: number[] = []
    const counted: AssetBytes = {
      ...from,
      read: (asset, part, start, length) => {
        read.push(length)
        return from.read(asset, part, start, length)
      },
    }
    expect((await copyAssets(counted, to, promised)).count).to.equal(2)
    expect(read).to.deep.equal([10, 20, 7])
  })

  it('leave alone what is there in part of one that is nowhere', async () => {
    const [from, to] = [open(), open()]
    const gone = await stored(from, 10, 20)
    await from.remove(gone[0])
    await to.write(gone[0], 0, new Uint8Array(10))
    expect((await copyAssets(from, to, new Map([gone]))).missing).to.deep.equal([gone[0]])
    expect(await to.parts(gone[0])).to.have.length(1)
  })

  it('take the place of what is there in part', async () => {
    const [from, to] = [open(), open()]
    const one = await stored(from, 10, 20)
    await to.write(one[0], 0, new Uint8Array(12))
    await to.write(one[0], 12, new Uint8Array(18))
    expect((await copyAssets(from, to, new Map([one]))).missing).to.deep.equal([])
    expect(await to.parts(one[0])).to.deep.equal(await from.parts(one[0]))
  })

  it('are named where they are missing, too short, too long or damaged, and the others come', async () => {
    const [from, to] = [open(), open()]
    const whole = await stored(from, 10)
    const [gone, short, long, damaged] = [
      await stored(from, 10),
      await stored(from, 10, 4),
      await stored(from, 10),
      await stored(from, 10),
    ]
    await from.remove(gone[0])
    await from.write(short[0], 10, new Uint8Array(3))
    await from.write(long[0], 10, new Uint8Array(3))
    await from.write(damaged[0], 0, new Uint8Array(10))
    const promised = new Map([gone, short, long, damaged, whole])
    const { count, missing } = await copyAssets(from, to, promised)
    expect(count).to.equal(1)
    const expected: readonly AssetId[] = [gone[0], short[0], long[0], damaged[0]]
    expect(missing).to.deep.equal(expected)
    expect((await to.list({ limit: 10 })).map(({ asset }) => asset)).to.deep.equal([whole[0]])
  })
})
