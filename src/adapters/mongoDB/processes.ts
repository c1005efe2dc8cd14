/** The processes of one database and the consumers of the queues, as documents; times are the server's clock. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Consumer, Processes } from '../../ports/processes.js'
import type { MongoConnection } from './connection.js'
import { durable } from './connection.js'

type ProcessDocument = { readonly _id: string; readonly internalUrl: string; readonly until: Date }
/** `process` is absent when nobody consumes; the generation stays, so that it never repeats. */
type ConsumerDocument = { readonly _id: QueueId; readonly generation: number; readonly process?: string }

/** Dead processes stay listed for so long, out of sight, until the server sweeps them. */
const sweepAfterSeconds = 3_600
const queuesPerQuery = 1_000

export const mongoProcesses = async ({ db, call }: MongoConnection): Promise<Processes> => {
  const processes = db.collection<ProcessDocument>('processes')
  const queues = db.collection<ConsumerDocument>('consumers')
  await call(() => processes.createIndex({ until: 1 }, { expireAfterSeconds: sweepAfterSeconds }, {}))
  return {
    announce: async ({ process, internalUrl }, ttlMs) => {
      const set = { internalUrl: { $literal: internalUrl }, until: { $add: ['$$NOW', ttlMs] } }
      await call(() => processes.updateOne({ _id: process }, [{ $set: set }], { upsert: true }))
    },
    list: async () => {
      const alive = { $expr: { $gt: ['$until', '$$NOW'] } }
      const found = await call((signal) => processes.find(alive, { signal, sort: { _id: 1 } }).toArray())
      return found.map(({ _id, internalUrl }) => ({ process: _id, internalUrl }))
    },
    withdraw: async (process) => {
      await call(() => processes.deleteOne({ _id: process }))
    },
    consume: async (queue, process) => {
      const now = await call(() =>
        queues.findOneAndUpdate(
          { _id: queue },
          { $inc: { generation: 1 }, $set: { process } },
          { upsert: true, returnDocument: 'after', ...durable },
        ),
      )
      if (now === null) throw new Error('an upsert answered no document')
      return now.generation
    },
    consumers: async (asked) => {
      const found = new Map<QueueId, Consumer>()
      for (let from = 0; from < asked.length; from += queuesPerQuery) {
        const some = asked.slice(from, from + queuesPerQuery)
        const documents = await call((signal) => queues.find({ _id: { $in: some } }, { signal }).toArray())
        for (const { _id, process, generation } of documents)
          if (process !== undefined) found.set(_id, { process, generation })
      }
      return found
    },
    leave: async (queue, generation) => {
      await call(() => queues.updateOne({ _id: queue, generation }, { $unset: { process: '' } }))
    },
    close: () => Promise.resolve(),
  }
}
