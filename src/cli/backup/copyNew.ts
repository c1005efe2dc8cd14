/** Blobs and assets on their way into a backup: those that it has not, nor the earlier one that it goes on from. */
import type { Bytes } from '../../compose/stores/stores.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import { everyBlob } from '../../ports/blobs.js'
import type { Blobs, Digest } from '../../ports/blobs.js'
import { copyAssets } from '../copyAssets.js'
import { copyBlobs, DamagedBlob } from '../copyBlobs.js'
import type { Promised } from '../promisedAssets.js'
import { BadBackup } from './manifest.js'
import type { Progress } from '../progress.js'

type Into = { readonly from: Bytes; readonly progress: Progress }

/** `there`: grows by what is found. Answers all that there are now. Throws BadBackup. */
export const copyNewBlobs = async (
  { from, progress }: Into,
  to: Blobs,
  there: Set<Digest>,
): Promise<ReadonlySet<Digest>> => {
  const found = new Set<Digest>()
  for await (const { digest } of everyBlob(from.blobs)) found.add(digest)
  const wanted = [...found].filter((digest) => !there.has(digest))
  try {
    await copyBlobs(from.blobs, to, wanted, (n) => {
      progress.say(`copying blobs: ${n} of ${wanted.length}`)
    })
  } catch (error) {
    if (error instanceof DamagedBlob) throw new BadBackup(error.message)
    throw error
  }
  for (const digest of wanted) there.add(digest)
  return found
}

/** Answers those that are not there, whole; what a store had when it was asked a first time is not asked for again. */
export const copyNewAssets = async (
  { from, progress }: Into,
  to: AssetBytes,
  there: Set<AssetId>,
  promised: ReadonlyMap<AssetId, Promised>,
): Promise<readonly AssetId[]> => {
  const wanted = new Map([...promised].filter(([asset]) => !there.has(asset)))
  const { missing } = await copyAssets(from.assetBytes, to, wanted, (n) => {
    progress.say(`copying assets: ${n} of ${wanted.size}`)
  })
  for (const asset of wanted.keys()) if (!missing.includes(asset)) there.add(asset)
  return missing
}
