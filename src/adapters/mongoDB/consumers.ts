/** The consumers of the queues, a document a queue: each new one is a step on it, so that the last one wins. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Consumer, Consumers } from '../../ports/consumers.js'
import type { MongoConnection } from './connection.js'
import { durable } from './connection.js'

/** `process` is absent when nobody consumes; the generation stays, so that it never repeats. */
type ConsumerDocument = { readonly _id: QueueId; readonly generation: number; readonly process?: string }

const queuesPerQuery = 1_000

export const mongoConsumers = ({ db, call }: MongoConnection): Consumers => {
  const queues = db.collection<ConsumerDocument>('consumers')
  return {
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
