/** Blobs on the way from one store to another: all of them, whole, and none under a wrong name. */
import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFilesystemBlobs } from '#src/adapters/filesystem/blobs.js'
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { copyBlobs, DamagedBlob } from '#src/cli/copyBlobs.js'
import { temporaryDirectory, type TemporaryDirectory } from '../adapters/temporaryDirectory.js'

describe('blobs that move to another store', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })

  it('arrive all, however many pages they are, and a second time change nothing', async () => {
    const [from, to] = [await openFilesystemBlobs({ directory: directory.path }), openMemoryBlobs({ now: Date.now })]
    const digests: string[] = []
    for (let n = 0; n < 501; n++) digests.push(await from.put(new Uint8Array([n >> 8, n])))
    expect(await copyBlobs(from, to)).to.deep.equal({ count: 501, bytes: 1_002 })
    expect(await copyBlobs(from, to)).to.deep.equal({ count: 501, bytes: 1_002 })
    expect((await to.list({ limit: 1_000 })).map(({ digest }) => digest)).to.deep.equal(digests.sort())
  })

  it('stop at bytes that are not what their name says', async () => {
    const [from, to] = [await openFilesystemBlobs({ directory: directory.path }), openMemoryBlobs({ now: Date.now })]
    const digest = await from.put(new Uint8Array([1, 2, 3]))
    await writeFile(join(directory.path, 'blobs', digest.slice(0, 1), digest.slice(1, 2), digest), 'rotten')
    const failure: unknown = await copyBlobs(from, to).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(DamagedBlob)
    expect(await to.list({ limit: 10 })).to.deep.equal([])
  })
})
