/** Blobs as files keep the contract of blobs, private and whole. */
import { expect } from 'chai'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openFilesystemBlobs } from '#src/adapters/filesystem/blobs.js'
import { blobsContract } from '../../ports/blobs.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

blobsContract('files', async () => {
  const directory = temporaryDirectory()
  return {
    blobs: await openFilesystemBlobs({ directory: directory.path }),
    reopen: () => openFilesystemBlobs({ directory: directory.path }),
    pass: (ms) => setTimeout(ms),
    close: () => {
      directory.remove()
      return Promise.resolve()
    },
  }
})

describe('files of blobs', () => {
  it('are private, two directories deep, and nothing unfinished stays', async () => {
    const directory = temporaryDirectory()
    const root = join(directory.path, 'blobs')
    mkdirSync(join(root, 'incoming'), { recursive: true })
    writeFileSync(join(root, 'incoming', 'left-by-a-crash'), 'half')
    const blobs = await openFilesystemBlobs({ directory: directory.path })
    const digest = await blobs.put(Uint8Array.of(1, 2, 3))
    const path = join(root, digest.slice(0, 1), digest.slice(1, 2), digest)
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).to.equal(0o700)
    expect(readdirSync(join(root, 'incoming'))).to.deep.equal([])
    directory.remove()
  })
})
