/**
 * The bytes of assets in GridFS: a file a part, named by the asset, written with majority and journal before it is acknowledged.
 *
 * Every write gets a file of its own, as blobs do; what stood at the same start goes once the new file is whole. Where two
 * stay (two writes at once, a crash between them), every reader takes the same one, and the next write takes both away.
 */
import { GridFSBucket, ObjectId, type Binary, type Collection, type GridFSFile } from 'mongodb'
import { parseAssetId } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { checkPart } from '../../ports/assetBytes.js'
import type { AssetBytes, AssetPart } from '../../ports/assetBytes.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { pageOfAssets } from '../assetParts.js'
import { durable, type MongoConnection } from '../mongoDB/connection.js'
import { unfinishedFiles, type UnfinishedFiles } from './unfinishedFiles.js'
import { upload } from './upload.js'

type PartFile = GridFSFile & { readonly metadata: { readonly start: number } }
type Chunk = { readonly files_id: ObjectId; readonly n: number; readonly data: Binary }

type Store = {
  readonly connection: MongoConnection
  readonly bucket: GridFSBucket
  readonly files: Collection<PartFile>
  readonly chunks: Collection<Chunk>
  readonly unfinished: UnfinishedFiles
}

/** Read at a time: what a reader costs in memory. */
const chunkSizeBytes = 1024 * 1024
/** Of two files for one place all take the same. */
const newestFirst = { uploadDate: -1, _id: -1 } as const
const filesRemovedAtOnce = 500

export const gridFSAssetBytes = async (connection: MongoConnection): Promise<AssetBytes> => {
  const { db, call } = connection
  const store: Store = {
    connection,
    bucket: new GridFSBucket(db, { bucketName: 'assets', chunkSizeBytes, ...durable }),
    files: db.collection<PartFile>('assets.files'),
    chunks: db.collection<Chunk>('assets.chunks'),
    unfinished: unfinishedFiles(connection, 'assets'),
  }
  await call(() => store.files.createIndex({ filename: 1, 'metadata.start': 1, uploadDate: -1, _id: -1 }, {}, {}))
  await call(() => store.chunks.createIndex({ files_id: 1, n: 1 }, { unique: true }, {}))
  await store.unfinished.sweep()
  return {
    write: (asset, start, bytes) => write(store, asset, start, bytes),
    parts: (asset) => parts(store, asset),
    read: (asset, part, from, length) => read(store, asset, part, from, length),
    remove: async (asset) => {
      for (;;) {
        const found = await call((signal) => files(store, asset, signal).limit(filesRemovedAtOnce).toArray())
        if (found.length === 0) return
        await store.unfinished.remove(...found.map(({ _id }) => _id))
      }
    },
    list: ({ after, limit }) => list(store, after, limit),
    close: () => Promise.resolve(),
  }
}

const files = ({ files }: Store, asset: AssetId, signal: AbortSignal) =>
  files.find({ filename: asset }, { signal, sort: { 'metadata.start': 1, ...newestFirst } })

const write = async (store: Store, asset: AssetId, start: number, bytes: Uint8Array): Promise<void> => {
  checkPart(asset, start, bytes)
  const { connection, bucket, unfinished } = store
  const place = { filename: asset, 'metadata.start': start }
  const before = await connection.call((signal) => store.files.find(place, { signal }).toArray())
  const file = { id: new ObjectId(), name: asset, metadata: { start } }
  await upload({ connection, bucket, unfinished }, file, bytes)
  await unfinished.remove(...before.map(({ _id }) => _id))
}

const parts = async (store: Store, asset: AssetId): Promise<readonly AssetPart[]> => {
  const sizes = new Map<number, number>()
  for (const { metadata, length } of await store.connection.call((signal) => files(store, asset, signal).toArray()))
    if (!sizes.has(metadata.start)) sizes.set(metadata.start, length)
  return [...sizes].map(([start, size]) => ({ start, size }))
}

async function* read(
  { connection, files, chunks }: Store,
  asset: AssetId,
  part: AssetPart,
  from: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const place = { filename: asset, 'metadata.start': part.start }
  const file = await connection.call((signal) => files.findOne(place, { signal, sort: newestFirst }))
  if (file === null || file.length < from + length) throw new StoreUnavailable('a part of an asset is gone')
  const end = from + length
  for (let at = from; at < end;) {
    const n = Math.floor(at / file.chunkSize)
    const chunk = await connection.call((signal) => chunks.findOne({ files_id: file._id, n }, { signal }))
    if (chunk === null) throw new StoreUnavailable('a part of an asset went while it was read')
    const begin = n * file.chunkSize
    const piece = chunk.data.buffer.subarray(at - begin, Math.min(end - begin, file.chunkSize))
    yield piece
    at += piece.length
  }
}

const list = (
  { connection, files }: Store,
  after: AssetId | undefined,
  limit: number,
): ReturnType<AssetBytes['list']> =>
  connection.call((signal) => {
    const cursor = files.find({ filename: { $gt: after ?? '' } }, { signal, sort: { filename: 1 } })
    const written = cursor.map(({ filename, uploadDate }) => ({
      asset: parseAssetId(filename),
      written: uploadDate.getTime(),
    }))
    return pageOfAssets(written, limit)
  })
