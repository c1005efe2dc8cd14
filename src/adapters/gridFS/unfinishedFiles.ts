/** Files that are being uploaded or removed, noted so that the chunks a crash leaves without their file are swept. */
import type { ObjectId } from 'mongodb'
import { durable, type MongoConnection } from '../mongoDB/connection.js'

export type UnfinishedFiles = {
  /** Before the first chunk is written, or the file of chunks is taken away. */
  readonly begin: (id: ObjectId) => Promise<void>
  readonly end: (id: ObjectId) => Promise<void>
  /** Deletes chunks that were given up a day ago or longer and have no file. */
  readonly sweep: () => Promise<void>
}

type Unfinished = { readonly _id: ObjectId; readonly begun: Date }

/** No request lives for so long. */
const givenUpMs = 24 * 3_600_000

export const unfinishedFiles = ({ db, call }: MongoConnection): UnfinishedFiles => {
  const unfinished = db.collection<Unfinished>('blobs.unfinished')
  const end: UnfinishedFiles['end'] = async (id) => {
    await call(() => unfinished.deleteOne({ _id: id }))
  }
  return {
    begin: async (id) => {
      // Not durable by itself: it comes before the chunks in the journal and the oplog, so it is there whenever they are.
      await call(() => unfinished.updateOne({ _id: id }, [{ $set: { begun: '$$NOW' } }], { upsert: true }))
    },
    end,
    sweep: async () => {
      const givenUp = { $expr: { $lt: ['$begun', { $subtract: ['$$NOW', givenUpMs] }] } }
      const found = await call((signal) => unfinished.find(givenUp, { signal }).toArray())
      for (const { _id } of found) {
        const file = await call((signal) => db.collection('blobs.files').findOne({ _id }, { signal }))
        if (file === null) await call(() => db.collection('blobs.chunks').deleteMany({ files_id: _id }, durable))
        await end(_id)
      }
    },
  }
}
