/** Files that are being uploaded or removed, noted so that the chunks a crash leaves without their file are swept. */
import type { ObjectId } from 'mongodb'
import { durable, type MongoConnection } from '../mongoDB/connection.js'

export type UnfinishedFiles = {
  /** Before the first chunk is written, or the file of chunks is taken away. */
  readonly begin: (...ids: readonly ObjectId[]) => Promise<void>
  readonly end: (...ids: readonly ObjectId[]) => Promise<void>
  /** Takes files away, and their chunks after them. */
  readonly remove: (...ids: readonly ObjectId[]) => Promise<void>
  /** Deletes chunks that were given up a day ago or longer and have no file. */
  readonly sweep: () => Promise<void>
}

type Unfinished = { readonly _id: ObjectId; readonly begun: Date }

/** No request lives for so long. */
const givenUpMs = 24 * 3_600_000

/** Those of a bucket of GridFS. */
export const unfinishedFiles = ({ db, call }: MongoConnection, bucket: string): UnfinishedFiles => {
  const unfinished = db.collection<Unfinished>(`${bucket}.unfinished`)
  const files = db.collection(`${bucket}.files`)
  const chunks = db.collection(`${bucket}.chunks`)
  const begin: UnfinishedFiles['begin'] = async (...ids) => {
    const notes = ids.map((_id) => ({
      updateOne: { filter: { _id }, update: [{ $set: { begun: '$$NOW' } }], upsert: true },
    }))
    // Not durable by itself: it comes before the chunks in the journal and the oplog, so it is there whenever they are.
    if (notes.length > 0) await call(() => unfinished.bulkWrite(notes, { ordered: false }))
  }
  const end: UnfinishedFiles['end'] = async (...ids) => {
    await call(() => unfinished.deleteMany({ _id: { $in: [...ids] } }))
  }
  return {
    begin,
    end,
    remove: async (...ids) => {
      if (ids.length === 0) return
      await begin(...ids)
      await call(() => files.deleteMany({ _id: { $in: [...ids] } }, durable))
      await call(() => chunks.deleteMany({ files_id: { $in: [...ids] } }, durable))
      await end(...ids)
    },
    sweep: async () => {
      const givenUp = { $expr: { $lt: ['$begun', { $subtract: ['$$NOW', givenUpMs] }] } }
      const found = await call((signal) => unfinished.find(givenUp, { signal }).toArray())
      for (const { _id } of found) {
        const file = await call((signal) => files.findOne({ _id }, { signal }))
        if (file === null) await call(() => chunks.deleteMany({ files_id: _id }, durable))
        await end(_id)
      }
    },
  }
}
