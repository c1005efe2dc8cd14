/** The bytes of assets as files keep their contract: private, whole, and nothing outside their own directory. */
import { expect } from 'chai'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openFilesystemAssetBytes } from '#src/adapters/filesystem/assetBytes.js'
import { parseAssetId } from '#src/mls/wire/ids.js'
import type { AssetId } from '#src/mls/wire/ids.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { assetBytesContract } from '../../ports/assetBytes.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'
import type { TemporaryDirectory } from '../temporaryDirectory.js'

assetBytesContract('files', async () => {
  const directory = temporaryDirectory()
  return {
    bytes: await openFilesystemAssetBytes({ directory: directory.path }),
    reopen: () => openFilesystemAssetBytes({ directory: directory.path }),
    pass: (ms) => setTimeout(ms),
    close: () => {
      directory.remove()
      return Promise.resolve()
    },
  }
})

describe('files of assets', () => {
  const asset = parseAssetId(`mimi://example.org/a/xY${'A'.repeat(20)}`)!
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })
  const root = (): string => join(directory.path, 'assets')
  const path = (): string => join(root(), 'parts', 'example.org', 'x', 'Y', `xY${'A'.repeat(20)}`)

  it('are private, and nothing unfinished stays', async () => {
    mkdirSync(join(root(), 'incoming', 'an-asset-half-removed'), { recursive: true })
    writeFileSync(join(root(), 'incoming', 'left-by-a-crash'), 'half')
    const bytes = await openFilesystemAssetBytes({ directory: directory.path })
    await bytes.write(asset, 0, Uint8Array.of(1, 2, 3))
    expect(readdirSync(path())).to.deep.equal(['0000000000000000'])
    expect(statSync(join(path(), '0000000000000000')).mode & 0o777).to.equal(0o600)
    expect(statSync(path()).mode & 0o777).to.equal(0o700)
    await bytes.remove(asset)
    expect(existsSync(path())).to.equal(false)
    expect(readdirSync(join(root(), 'incoming'))).to.deep.equal([])
  })

  it('of a domain that is called as what is unfinished are kept as any', async () => {
    const own = parseAssetId(`mimi://incoming/a/${'A'.repeat(22)}`)!
    const bytes = await openFilesystemAssetBytes({ directory: directory.path })
    await bytes.write(own, 0, Uint8Array.of(1))
    const again = await openFilesystemAssetBytes({ directory: directory.path })
    expect(await again.parts(own)).to.deep.equal([{ start: 0, size: 1 }])
  })

  it('leave nothing where the disk fails, and say that it did', async () => {
    const bytes = await openFilesystemAssetBytes({ directory: directory.path })
    writeFileSync(join(root(), 'parts'), 'no directory')
    const failure = await bytes.write(asset, 0, Uint8Array.of(1)).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(StoreUnavailable)
    expect(readdirSync(join(root(), 'incoming'))).to.deep.equal([])
  })

  it('are never read or removed through what is no id of an asset', async () => {
    const bytes = await openFilesystemAssetBytes({ directory: directory.path })
    writeFileSync(join(directory.path, '0000000000000000'), 'elsewhere')
    for (const id of ['mimi://../a/..', '../..', `mimi://example.org/a/../../../..`] as AssetId[]) {
      const read = (): Promise<unknown> =>
        bytes.read(id, { start: 0, size: 9 }, 0, 9)[Symbol.asyncIterator]().next().then(String)
      for (const work of [read, () => bytes.parts(id), () => bytes.remove(id)])
        expect(
          await Promise.resolve()
            .then(work)
            .catch((error: unknown) => error),
        ).to.be.instanceOf(RangeError)
    }
    expect(existsSync(join(directory.path, '0000000000000000'))).to.equal(true)
  })
})
