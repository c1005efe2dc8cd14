/** The processes that serve one database, as documents; times are the server's clock. */
import type { Processes } from '../../ports/processes.js'
import type { MongoConnection } from './connection.js'

type ProcessDocument = { readonly _id: string; readonly internalUrl: string; readonly until: Date }

/** Dead processes stay listed for so long, out of sight, until the server sweeps them. */
const sweepAfterSeconds = 3_600

export const mongoProcesses = async ({ db, call }: MongoConnection): Promise<Processes> => {
  const processes = db.collection<ProcessDocument>('processes')
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
    close: () => Promise.resolve(),
  }
}
