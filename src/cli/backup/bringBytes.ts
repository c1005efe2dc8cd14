/** Blobs and assets of a backup on their way into the stores of the settings. */
import { openAssetBytesIn, openBlobsIn, openBytesHere } from '../../compose/terminal.js'
import type { Config } from '../../compose/settings/config.js'
import type { Bytes } from '../../compose/stores/stores.js'
import { copyAssets } from '../copyAssets.js'
import { copyBlobs } from '../copyBlobs.js'
import { assetIn, blobIn, filesOf } from './chain.js'
import type { Chain, Link } from './chain.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { Promised } from '../promisedAssets.js'
import type { Examined } from './examineBackup.js'
import { BadBackup } from './manifest.js'
import type { Progress } from '../progress.js'

/** `logId`: of the log that names them now. Throws BadBackup, StartupProblem, StorageFull. */
export const bringBytes = async (
  config: Config,
  logId: string,
  { chain, promised }: Examined,
  progress: Progress,
): Promise<void> => {
  const files = filesByLink(chain)
  const to = await openBytesHere(config, logId, false)
  try {
    for (const link of chain) {
      const here = files.get(link) ?? []
      await bringBlobs(link, to, here, progress)
      await bringAssets(link, to, here, promised, progress)
    }
  } finally {
    await to.close()
  }
}

/** What each link has that was there at the end. */
const filesByLink = (chain: Chain): ReadonlyMap<Link, readonly string[]> => {
  const found = new Map<Link, string[]>(chain.map((link) => [link, []]))
  for (const [file, link] of filesOf(chain)) found.get(link)?.push(file)
  return found
}

const bringBlobs = async (
  { directory }: Link,
  to: Bytes,
  files: readonly string[],
  progress: Progress,
): Promise<void> => {
  const from = await openBlobsIn(directory, true)
  const wanted = files.flatMap((file) => blobIn(file) ?? [])
  await copyBlobs(from, to.blobs, wanted, (n) => {
    progress.say(`restoring blobs: ${n} of ${wanted.length}`)
  })
  await from.close()
}

const bringAssets = async (
  { directory }: Link,
  to: Bytes,
  files: readonly string[],
  promised: Examined['promised'],
  progress: Progress,
): Promise<void> => {
  const from = await openAssetBytesIn(directory, true)
  const wanted = new Map<AssetId, Promised>()
  for (const file of files) {
    const asset = assetIn(file)
    const of = asset === undefined ? undefined : promised.get(asset)
    if (asset !== undefined && of !== undefined) wanted.set(asset, of)
  }
  const { missing } = await copyAssets(from, to.assetBytes, wanted, (n) => {
    progress.say(`restoring assets: ${n} of ${wanted.size}`)
  })
  await from.close()
  if (missing[0] !== undefined) throw new BadBackup(`the bytes of ${missing[0]} are not what the log says`)
}
