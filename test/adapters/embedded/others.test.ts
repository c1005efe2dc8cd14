/** Embedded snapshots, checkpoints and leases keep their contracts. */
import { expect } from 'chai'
import { setTimeout } from 'node:timers/promises'
import { openEmbeddedCheckpoints } from '#src/adapters/embedded/views/checkpoints.js'
import { openEmbeddedLeases } from '#src/adapters/embedded/leases.js'
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { openEmbeddedSnapshots } from '#src/adapters/embedded/views/snapshots.js'
import type { ReadModels } from '#src/ports/readModels.js'
import { checkpointsContract } from '../../ports/checkpoints.contract.js'
import { leasesContract } from '../../ports/leases.contract.js'
import { snapshotsContract } from '../../ports/snapshots.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

/** Something that lives in read models, opened in a directory of its own. */
const inReadModels = async <Opened>(open: (readModels: ReadModels) => Promise<Opened>) => {
  const directory = temporaryDirectory()
  let readModels = await openEmbeddedReadModels({ directory: directory.path })
  return {
    opened: await open(readModels),
    reopen: async () => {
      await readModels.close()
      readModels = await openEmbeddedReadModels({ directory: directory.path })
      return open(readModels)
    },
    close: async () => {
      await readModels.close()
      directory.remove()
    },
  }
}

const openSnapshots = (readModels: ReadModels) => openEmbeddedSnapshots({ readModels, logId: 'log' })
snapshotsContract('embedded', async () => {
  const { opened, ...rest } = await inReadModels(openSnapshots)
  return { snapshots: opened, ...rest }
})
checkpointsContract('embedded', async () => {
  const { opened, ...rest } = await inReadModels((readModels) => openEmbeddedCheckpoints({ readModels }))
  return { checkpoints: opened, ...rest }
})
leasesContract('embedded', () =>
  Promise.resolve({
    leases: openEmbeddedLeases(),
    pass: (ms) => setTimeout(ms),
    close: () => Promise.resolve(),
  }),
)

describe('embedded snapshots', () => {
  it('of another log are forgotten', async () => {
    const { opened, close } = await inReadModels(async (readModels) => {
      const snapshots = await openSnapshots(readModels)
      await snapshots.save({ stream: 'group-1', revision: 1, version: 1, bytes: Uint8Array.of(1) })
      return openEmbeddedSnapshots({ readModels, logId: 'another log' })
    })
    expect(await opened.latest('group-1', 1)).to.equal(undefined)
    await close()
  })
})
