/** Snapshots in MongoDB: one document each, found by stream, version and revision. */
import { Binary, type Collection } from 'mongodb'
import type { Snapshots } from '../../ports/snapshots.js'
import type { MongoConnection } from './connection.js'

type SnapshotDocument = {
  readonly stream: string
  readonly version: number
  readonly revision: number
  readonly bytes: Binary
}

/** A document ends at 16 MiB; a tree of 1,000 members takes less than 1 (docs/limits.md). */
const snapshotBytesMax = 16_000_000

/** Opens the snapshots of a log; those of another log's id are forgotten first. */
export const mongoSnapshots = async (connection: MongoConnection, logId: string): Promise<Snapshots> => {
  const { call } = connection
  const snapshots = await openFor(connection, logId)
  return {
    latest: async (stream, version, atMost = Number.MAX_SAFE_INTEGER) => {
      const found = await call((signal) =>
        snapshots.findOne({ stream, version, revision: { $lte: atMost } }, { sort: { revision: -1 }, signal }),
      )
      return found === null ? undefined : { stream, version, revision: found.revision, bytes: bytesOf(found.bytes) }
    },
    save: async ({ stream, version, revision, bytes }) => {
      if (bytes.length > snapshotBytesMax) throw new RangeError(`a snapshot of ${bytes.length} bytes is too large`)
      await call(() =>
        snapshots.updateOne({ stream, version, revision }, { $set: { bytes: new Binary(bytes) } }, { upsert: true }),
      )
    },
    remove: async (stream) => {
      await call(() => snapshots.deleteMany({ stream }))
    },
    close: () => Promise.resolve(),
  }
}

/** The collection carries the log's id, so that nothing of another log is ever found. */
const openFor = async ({ db, call }: MongoConnection, logId: string): Promise<Collection<SnapshotDocument>> => {
  const name = `snapshots.${logId}`
  await call(() => db.collection(name).createIndex({ stream: 1, version: 1, revision: 1 }, { unique: true }, {}))
  const collections = await call((signal) => db.listCollections({}, { nameOnly: true, signal }).toArray())
  for (const other of collections)
    if (other.name.startsWith('snapshots.') && other.name !== name) await call(() => db.dropCollection(other.name))
  return db.collection<SnapshotDocument>(name)
}

/** A copy: the driver's bytes are a view of the whole reply, which a kept view would keep. */
const bytesOf = (binary: Binary): Uint8Array => Uint8Array.from(binary.value())
