/** The reactions' checkpoints in MongoDB: one document per reaction, only ever moved forward. */
import { toPosition } from '../../ports/position.js'
import type { Checkpoints } from '../../ports/checkpoints.js'
import { durable, type MongoConnection } from './connection.js'

type CheckpointDocument = { readonly _id: string; readonly logId: string; readonly position: number }

export const mongoCheckpoints = ({ db, call }: MongoConnection): Checkpoints => {
  const checkpoints = db.collection<CheckpointDocument>('checkpoints')
  return {
    load: async (name, logId) => {
      const found = await call((signal) => checkpoints.findOne({ _id: name, logId }, { signal }))
      return toPosition(found?.position ?? 0)
    },
    save: async (name, logId, position) => {
      // One update decides, whoever else saves: forward within a log, anew for another log.
      const ofThisLog = { $eq: ['$logId', { $literal: logId }] }
      const next = { $cond: [ofThisLog, { $max: ['$position', position] }, position] }
      await call(() =>
        checkpoints.updateOne({ _id: name }, [{ $set: { position: next, logId: { $literal: logId } } }], {
          upsert: true,
          ...durable,
        }),
      )
    },
    standings: async () => {
      const found = await call((signal) => checkpoints.find({}, { signal }).toArray())
      return found.map(({ _id, logId, position }) => ({ name: _id, logId, position: toPosition(position) }))
    },
    close: () => Promise.resolve(),
  }
}
