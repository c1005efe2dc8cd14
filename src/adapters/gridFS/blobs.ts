/**
 * Blobs in GridFS: files named by their digest, written with majority and journal before they are acknowledged.
 *
 * Every upload gets a file id of its own, because GridFS writes the chunks before the file that owns them: under a fixed
 * id, the chunks that a crash left behind would refuse every later upload. Two uploads of the same bytes at once make two
 * files, which is harmless: readers take either, `remove` takes all.
 */
import { createHash } from 'node:crypto'
import { GridFSBucket, ObjectId, type Collection, type GridFSFile } from 'mongodb'
import { onAbort } from '../../ports/abort.js'
import type { Blobs, Digest } from '../../ports/blobs.js'
import { durable, type MongoConnection } from '../mongoDB/connection.js'
import { patienceFor } from './patience.js'
import { unfinishedFiles, type UnfinishedFiles } from './unfinishedFiles.js'
import { upload } from './upload.js'

type Store = {
  readonly connection: MongoConnection
  readonly bucket: GridFSBucket
  readonly files: Collection<GridFSFile>
  readonly unfinished: UnfinishedFiles
}

export const gridFSBlobs = async (connection: MongoConnection): Promise<Blobs> => {
  const { db, call } = connection
  const bucket = new GridFSBucket(db, { bucketName: 'blobs', ...durable })
  const files = db.collection<GridFSFile>('blobs.files')
  await call(() => files.createIndex({ filename: 1, uploadDate: 1 }, {}, {}))
  await call(() => db.collection('blobs.chunks').createIndex({ files_id: 1, n: 1 }, { unique: true }, {}))
  const store = { connection, bucket, files, unfinished: unfinishedFiles(connection, 'blobs') }
  await store.unfinished.sweep()
  return {
    put: async (bytes) => {
      const digest = createHash('sha256').update(bytes).digest('base64url')
      if (!(await renewed(store, digest))) await upload(store, { id: new ObjectId(), name: digest }, bytes)
      return digest
    },
    get: async (digest) => {
      const file = await find(store, digest)
      return file === undefined ? undefined : read(store, file, 0, file.length)
    },
    getRange: async (digest, start, length) => {
      const file = await find(store, digest)
      return file === undefined ? undefined : read(store, file, start, Math.min(start + length, file.length))
    },
    size: async (digest) => (await find(store, digest))?.length,
    remove: (digest) => remove(store, digest),
    list: ({ after = '', limit }) => list(store, after, limit),
    close: () => Promise.resolve(),
  }
}

const find = async ({ connection, files }: Store, digest: Digest): Promise<GridFSFile | undefined> =>
  (await connection.call((signal) => files.findOne({ filename: digest }, { signal }))) ?? undefined

/** Marks bytes that are there as put just now; false when they are not. */
const renewed = async (store: Store, digest: Digest): Promise<boolean> => {
  // Looked for first: most are new, and even a write that finds nothing waits for the journal.
  if ((await find(store, digest)) === undefined) return false
  const { matchedCount } = await store.connection.call(() =>
    store.files.updateMany({ filename: digest }, [{ $set: { 'metadata.stored': '$$NOW' } }], durable),
  )
  return matchedCount > 0
}

/** Bytes from `start` to before `end`; undefined when the file was removed meanwhile. */
const read = async (
  { connection, bucket, files }: Store,
  file: GridFSFile,
  start: number,
  end: number,
): Promise<Uint8Array | undefined> => {
  if (start >= end) return new Uint8Array()
  const collect = async (signal: AbortSignal): Promise<Uint8Array> => {
    const stream = bucket.openDownloadStream(file._id, { start, end })
    onAbort(signal, () => stream.destroy())
    const parts: Uint8Array[] = []
    for await (const part of stream) parts.push(part as Uint8Array)
    return Uint8Array.from(Buffer.concat(parts))
  }
  try {
    return await connection.call(collect, patienceFor(end - start))
  } catch (error) {
    const there = await connection.call((signal) => files.findOne({ _id: file._id }, { signal }))
    if (there === null) return undefined
    throw error
  }
}

const remove = async ({ connection, files, unfinished }: Store, digest: Digest): Promise<void> => {
  const found = await connection.call((signal) => files.find({ filename: digest }, { signal }).toArray())
  await unfinished.remove(...found.map(({ _id }) => _id))
}

/** A page of digests, each once, with the time it was last put. */
const list: (store: Store, after: Digest, limit: number) => ReturnType<Blobs['list']> = (
  { connection, files },
  after,
  limit,
) =>
  connection.call(async (signal) => {
    const page = new Map<Digest, number>()
    const cursor = files.find({ filename: { $gt: after } }, { signal, sort: { filename: 1, uploadDate: 1 } })
    for await (const file of cursor) {
      if (page.size >= limit && !page.has(file.filename)) break
      page.set(file.filename, Math.max(storedOf(file), page.get(file.filename) ?? 0))
    }
    return [...page].map(([digest, stored]) => ({ digest, stored }))
  })

const storedOf = ({ uploadDate, metadata }: GridFSFile): number => {
  const renewedAt: unknown = metadata?.['stored']
  return renewedAt instanceof Date ? renewedAt.getTime() : uploadDate.getTime()
}
