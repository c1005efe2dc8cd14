/** Snapshots, blobs, bytes of assets, leases, checkpoints and consumers in memory keep their contracts. */
import { openMemoryAssetBytes } from '#src/adapters/memory/assetBytes.js'
import { openMemoryBlobs } from '#src/adapters/memory/blobs.js'
import { openMemoryCheckpoints } from '#src/adapters/memory/checkpoints.js'
import { openMemoryConsumers } from '#src/adapters/memory/consumers.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { assetBytesContract } from '../../ports/assetBytes.contract.js'
import { blobsContract } from '../../ports/blobs.contract.js'
import { checkpointsContract } from '../../ports/checkpoints.contract.js'
import { consumersContract } from '../../ports/consumers.contract.js'
import { leasesContract } from '../../ports/leases.contract.js'
import { snapshotsContract } from '../../ports/snapshots.contract.js'

const close = (): Promise<void> => Promise.resolve()
const clock = () => {
  let time = 1_700_000_000_000
  return {
    now: () => time,
    pass: (ms: number) => {
      time += ms
      return Promise.resolve()
    },
  }
}

snapshotsContract('memory', () => Promise.resolve({ snapshots: openMemorySnapshots(), close }))
checkpointsContract('memory', () => Promise.resolve({ checkpoints: openMemoryCheckpoints(), close }))
consumersContract('memory', () => Promise.resolve({ consumers: openMemoryConsumers(), close }))
leasesContract('memory', () => {
  const { now, pass } = clock()
  return Promise.resolve({ leases: openMemoryLeases({ now }), pass, close })
})
blobsContract('memory', () => {
  const { now, pass } = clock()
  return Promise.resolve({ blobs: openMemoryBlobs({ now }), pass, close })
})
assetBytesContract('memory', () => {
  const { now, pass } = clock()
  return Promise.resolve({ bytes: openMemoryAssetBytes({ now }), pass, close })
})
