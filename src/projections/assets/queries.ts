/** What is asked of the assets' read model. */
import { assetClass } from '../../events/asset.js'
import type { AssetClass } from '../../events/asset.js'
import type { AssetId, UserId } from '../../mls/wire/ids.js'
import type { KeyPart, ReadModel, Row } from '../../ports/readModels.js'
import { allRows } from '../allRows.js'
import { readSums } from './projection.js'
import type { AssetRow, Sums } from './schema.js'

export type AssetQueries = {
  /** A user's own in the order in which they were reserved, above a position. */
  ofOwner(
    owner: UserId,
    page: { readonly after?: number | undefined; readonly limit: number },
  ): Promise<readonly AssetRow[]>
  sumsOf(owner: UserId): Promise<Sums>
  /** A page of those whose time is over by then, ms. */
  due(by: number): Promise<readonly AssetRow[]>
  /** All that have a digest. */
  withDigest(digest: string): Promise<readonly AssetRow[]>
  lives(asset: AssetId): Promise<boolean>
  byClass(): Promise<ReadonlyMap<AssetClass, Sums>>
}

const pageRows = 500

export const assetQueries = (model: ReadModel): AssetQueries => {
  const range = async (of: Omit<Parameters<ReadModel['range']>[0], 'table'>): Promise<readonly AssetRow[]> =>
    (await model.range({ table: 'assets', ...of })) as readonly AssetRow[]

  return {
    ofOwner: (owner, { after, limit }) =>
      range({ index: 'byOwner', prefix: [owner], ...(after === undefined ? {} : { after: [after] }), limit }),
    sumsOf: async (owner) => readSums(await model.get('owners', [owner])),
    due: (by) => range({ index: 'byEnd', prefix: [], upTo: [by], limit: pageRows }),
    withDigest: async (digest) => {
      const behind = (row: Row): readonly KeyPart[] => [(row as AssetRow).asset]
      return (await allRows(
        model,
        { table: 'assets', index: 'byDigest', prefix: [digest] },
        behind,
      )) as readonly AssetRow[]
    },
    lives: async (asset) => (await model.get('assets', [asset])) !== undefined,
    byClass: async () => {
      const rows = await Promise.all(assetClass.options.map((one) => model.get('classes', [one])))
      return new Map(assetClass.options.map((one, nth) => [one, readSums(rows[nth])]))
    },
  }
}
