/** Holds the assets of a backup against its log: what the log promises is there, whole. */
import type { Config } from '../../compose/settings/config.js'
import { hasAsset, openAssetBytesIn, openLogToReadHere } from '../../compose/terminal.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { promisedAssets } from '../promisedAssets.js'
import { withLog } from '../withLog.js'
import { BadBackup } from './manifest.js'
import type { Progress } from '../progress.js'

/** How many there are. Throws BadBackup, unless what is missing was deleted while the backup was taken. */
export const holdAssets = async (config: Config, data: string, progress: Progress): Promise<number> => {
  const promised = await withLog(openLogToReadHere({ ...config, dataDir: data }), promisedAssets)
  if (promised.size === 0) return 0
  const bytes = await openAssetBytesIn(data)
  const missing: AssetId[] = []
  for (const [asset, of] of promised) {
    progress.say(`holding ${asset} against the log`)
    if (!(await hasAsset(bytes, asset, of))) missing.push(asset)
  }
  await bytes.close()
  if (missing.length === 0) return promised.size
  const still = await withLog(openLogToReadHere(config), promisedAssets)
  const lost = missing.find((asset) => still.has(asset))
  if (lost !== undefined) throw new BadBackup(`the bytes of ${lost} are not what the log says`)
  return promised.size - missing.length
}
