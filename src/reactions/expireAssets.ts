/** Assets whose time is over: first the event, then the bytes; and bytes that no asset that lives has, whatever left them. */
import { assetAggregate } from '../commands/asset/asset.js'
import { expireAsset, isLive } from '../commands/asset/ending.js'
import { assetStream } from '../events/asset.js'
import { everyAsset } from '../ports/assetBytes.js'
import type { AssetBytes } from '../ports/assetBytes.js'
import type { AssetQueries } from '../projections/assets/queries.js'
import type { Sweep } from './rule.js'

export type ExpireAssetsDependencies = {
  readonly assets: Pick<AssetQueries, 'due'>
  readonly bytes: Pick<AssetBytes, 'remove'>
}

const everyMs = 60 * 1_000

/** Reservations whose bytes never came among them. */
export const expireAssets = ({ assets, bytes }: ExpireAssetsDependencies): Sweep => ({
  name: 'expireAssets',
  everyMs,
  sweep: async ({ streams, command, now, signal }) => {
    for (const { asset } of await assets.due(now)) {
      if (signal.aborted) return
      const outcome = await streams.execute(assetAggregate, assetStream(asset), command(asset), expireAsset(now))
      if (!('rejected' in outcome) && outcome.state.status === 'over') await bytes.remove(asset)
    }
  },
})

export type SweepAssetBytesDependencies = {
  readonly assets: Pick<AssetQueries, 'lives'>
  readonly bytes: Pick<AssetBytes, 'list' | 'remove'>
}

const sweepEveryMs = 6 * 60 * 60 * 1_000

/**
 * A crash between an end and the removal of the bytes leaves some, and so does an upload that was under way at the end. No
 * bytes come before their reservation is in the log, so there are none too young to be judged.
 */
export const sweepAssetBytes = ({ assets, bytes }: SweepAssetBytesDependencies): Sweep => ({
  name: 'sweepAssetBytes',
  everyMs: sweepEveryMs,
  sweep: async ({ streams, signal }) => {
    for await (const { asset } of everyAsset(bytes)) {
      if (signal.aborted) return
      if (await assets.lives(asset)) continue
      // The log has the last word: what a projection has not read yet, or could not, is not destroyed for it.
      const { state } = await streams.read(assetAggregate, assetStream(asset))
      if (!isLive(state)) await bytes.remove(asset)
    }
  },
})
