/** Writes a file of GridFS whole, noted as unfinished until it is. */
import type { GridFSBucket, ObjectId } from 'mongodb'
import type { MongoConnection } from '../mongoDB/connection.js'
import { patienceFor } from './patience.js'
import type { UnfinishedFiles } from './unfinishedFiles.js'

type Place = {
  readonly connection: MongoConnection
  readonly bucket: GridFSBucket
  readonly unfinished: UnfinishedFiles
}

type NewFile = { readonly id: ObjectId; readonly name: string; readonly metadata?: Readonly<Record<string, unknown>> }

export const upload = async ({ connection, bucket, unfinished }: Place, file: NewFile, bytes: Uint8Array) => {
  const { id, name, metadata } = file
  await unfinished.begin(id)
  await connection.call(
    () =>
      new Promise<void>((resolve, reject) => {
        const stream = bucket.openUploadStreamWithId(id, name, metadata === undefined ? {} : { metadata })
        stream.once('finish', resolve).once('error', reject).end(bytes)
      }),
    patienceFor(bytes.length),
  )
  await unfinished.end(id)
}
