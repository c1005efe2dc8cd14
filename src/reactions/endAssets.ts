/** Assets that end with something else: with their user, or with their digest that was taken down. Their bytes go at once. */
import { assetAggregate } from '../commands/asset/asset.js'
import type { Asset } from '../commands/asset/asset.js'
import { deleteWithUser, takeDownAsset } from '../commands/asset/ending.js'
import { isTakenDown } from '../commands/chains/takenDown.js'
import { assetStream } from '../events/asset.js'
import type { AssetEvent } from '../events/asset.js'
import type { UserId } from '../mls/wire/ids.js'
import type { AssetBytes } from '../ports/assetBytes.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import type { AssetQueries } from '../projections/assets/queries.js'
import type { AssetRow } from '../projections/assets/schema.js'
import type { Runner } from '../projections/runner.js'
import type { Decide } from '../streams/decider.js'
import type { ReactionContext, Rule } from './rule.js'

export type EndAssetsDependencies = {
  readonly assets: Pick<AssetQueries, 'ofOwner' | 'withDigest'>
  readonly bytes: Pick<AssetBytes, 'remove'>
  /** The projection behind `assets`. */
  readonly runner: Pick<Runner, 'reached'>
}

const waitMs = 5_000
const pageRows = 200

export const endAssetsOfUser = (deps: EndAssetsDependencies): Rule => ({
  name: 'endAssetsOfUser',
  answers: ['UserDeleted'],
  react: async ({ event, position }, context) => {
    if (event.type !== 'UserDeleted') return
    const { user } = event.data
    await level(deps, position)
    for await (const row of allOf(deps, user)) await end(deps, context, row, deleteWithUser(user))
  },
})

/** Whatever is reserved with that digest or stored; what comes later is refused at the door. */
export const endAssetsTakenDown = (deps: EndAssetsDependencies): Rule => ({
  name: 'endAssetsTakenDown',
  answers: ['DigestTakenDown'],
  react: async ({ event, position }, context) => {
    if (event.type !== 'DigestTakenDown') return
    const { digest } = event.data
    // What was lifted since may have come again: it stays, also where the log is followed from its beginning.
    if (!(await isTakenDown(context.streams, digest))) return
    await level(deps, position)
    for (const row of await deps.assets.withDigest(digest)) await end(deps, context, row, takeDownAsset(digest))
  },
})

const level = async ({ runner }: EndAssetsDependencies, position: Position): Promise<void> => {
  if (!(await runner.reached(position, waitMs))) throw new StoreUnavailable('the assets are behind')
}

async function* allOf({ assets }: EndAssetsDependencies, user: UserId): AsyncGenerator<AssetRow> {
  let after: number | undefined
  for (;;) {
    const page = await assets.ofOwner(user, { after, limit: pageRows })
    yield* page
    after = page.at(-1)?.position
    if (page.length < pageRows) return
  }
}

/** The event first: bytes without one would be missing. */
const end = async (
  { bytes }: EndAssetsDependencies,
  { streams, command }: ReactionContext,
  { asset }: AssetRow,
  decide: Decide<Asset, AssetEvent>,
): Promise<void> => {
  const outcome = await streams.execute(assetAggregate, assetStream(asset), command(asset), decide)
  if (!('rejected' in outcome) && outcome.state.status === 'over') await bytes.remove(asset)
}
