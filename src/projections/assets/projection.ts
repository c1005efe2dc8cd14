/** Folds assets into rows of those that live, and sums of them by owner and class. */
import type { AnyEvent } from '../../events/anyEvent.js'
import type { AssetEvent } from '../../events/asset.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { Placed } from '../../items/placed.js'
import type { Row } from '../../ports/readModels.js'
import type { Projection, Rows } from '../projection.js'
import { assetsSchema, nothing } from './schema.js'
import type { AssetRow, Sums } from './schema.js'

export const assetsProjection: Projection = {
  schema: assetsSchema,
  touches: ({ event }) => (isOfAsset(event) ? [{ table: 'assets', key: [event.data.asset] }] : []),
  project: async ({ event, at, position }, rows) => {
    if (isOfAsset(event)) await change(event, { at, position }, rows)
  },
}

const types: ReadonlySet<string> = new Set<AssetEvent['type']>([
  'AssetReserved',
  'AssetStored',
  'AssetRenewed',
  'AssetExpired',
  'AssetDeleted',
  'AssetTakenDown',
])
const isOfAsset = (event: AnyEvent): event is AssetEvent => types.has(event.type)

const change = async (event: AssetEvent, place: Pick<Placed, 'at' | 'position'>, rows: Rows): Promise<void> => {
  switch (event.type) {
    case 'AssetReserved': {
      const { asset, owner, size, digest, expires } = event.data
      const row = {
        asset,
        owner,
        class: event.data.class,
        status: 'reserved',
        size,
        digest,
        expires,
        ...place,
      } as const
      rows.put('assets', row)
      await add(row, sumsOf(row), rows)
      return
    }
    case 'AssetStored':
      await alter(event.data.asset, { status: 'stored', expires: event.data.expires }, rows)
      return
    case 'AssetRenewed':
      await alter(event.data.asset, { expires: event.data.expires }, rows)
      return
    case 'AssetExpired':
    case 'AssetDeleted':
    case 'AssetTakenDown': {
      const row = await rowOf(event.data.asset, rows)
      if (row === undefined) return
      rows.remove('assets', [row.asset])
      await add(row, negative(sumsOf(row)), rows)
    }
  }
}

const rowOf = async (asset: AssetId, rows: Rows): Promise<AssetRow | undefined> =>
  (await rows.get('assets', [asset])) as AssetRow | undefined

const alter = async (
  asset: AssetId,
  changed: Partial<Pick<AssetRow, 'status' | 'expires'>>,
  rows: Rows,
): Promise<void> => {
  const row = await rowOf(asset, rows)
  if (row === undefined) return
  const altered: AssetRow = { ...row, ...changed }
  rows.put('assets', altered)
  if (altered.status !== row.status) await add(row, plus(sumsOf(altered), negative(sumsOf(row))), rows)
}

const sumsOf = ({ size, status }: Pick<AssetRow, 'size' | 'status'>): Sums => {
  const [unfinished, unfinishedBytes] = status === 'reserved' ? [1, size] : [0, 0]
  return { bytes: size, count: 1, unfinished, unfinishedBytes }
}

const add = async (of: Pick<AssetRow, 'owner' | 'class'>, more: Sums, rows: Rows): Promise<void> => {
  const { owner } = of
  await addTo('owners', { owner }, more, rows)
  await addTo('classes', { class: of.class }, more, rows)
}

const addTo = async (table: string, key: Readonly<Record<string, string>>, more: Sums, rows: Rows): Promise<void> => {
  const before = readSums(await rows.get(table, Object.values(key)))
  const after = plus(before, more)
  if (after.count > 0) rows.put(table, { ...key, ...after })
  else rows.remove(table, Object.values(key))
}

/** Nothing where there is no row. */
export const readSums = (row: Row | undefined): Sums => {
  if (row === undefined) return nothing
  const { bytes, count, unfinished, unfinishedBytes } = row as Row & Sums
  return { bytes, count, unfinished, unfinishedBytes }
}

const plus = (one: Sums, other: Sums): Sums => ({
  bytes: one.bytes + other.bytes,
  count: one.count + other.count,
  unfinished: one.unfinished + other.unfinished,
  unfinishedBytes: one.unfinishedBytes + other.unfinishedBytes,
})

const negative = ({ bytes, count, unfinished, unfinishedBytes }: Sums): Sums => ({
  bytes: -bytes,
  count: -count,
  unfinished: -unfinished,
  unfinishedBytes: -unfinishedBytes,
})
