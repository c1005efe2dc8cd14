/** How large what stands in MongoDB is, by what it holds. */
import type { MongoConnection } from './connection.js'

export type Size = { readonly name: string; readonly where: string; readonly bytes: number; readonly entries: number }

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^(view\.|readModel)/, 'read models'],
  [/^snapshots\./, 'snapshots'],
  [/^blobs\./, 'blobs'],
  [/^assets\./, 'assets'],
]

/** On its disk, indexes with them. Throws StoreUnavailable. */
export const mongoSizes = async ({ db, call }: MongoConnection): Promise<readonly Size[]> => {
  const sizes = new Map<string, { bytes: number; entries: number }>()
  const collections = await call((signal) => db.listCollections({}, { nameOnly: true, signal }).toArray())
  for (const { name } of collections) {
    const kind = kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'checkpoints and leases'
    const [stats] = await call((signal) =>
      db
        .collection(name)
        .aggregate([{ $collStats: { storageStats: { scale: 1 } } }], { signal })
        .toArray(),
    )
    const found = (stats?.['storageStats'] ?? {}) as { readonly totalSize?: unknown; readonly count?: unknown }
    const before = sizes.get(kind) ?? { bytes: 0, entries: 0 }
    sizes.set(kind, {
      bytes: before.bytes + Number(found.totalSize ?? 0),
      entries: before.entries + Number(found.count ?? 0),
    })
  }
  return [...sizes].map(([name, size]) => ({ name, where: `MongoDB, ${db.databaseName}`, ...size }))
}
