/** Leases in MongoDB: one document each, taken by the server's clock and never by a process's. */
import type { Collection } from 'mongodb'
import type { Leases } from '../../ports/leases.js'
import { durable, type MongoConnection } from './connection.js'
import { isDuplicateKey } from './storeErrors.js'

type LeaseDocument = { readonly _id: string; readonly holder: string; readonly until: Date }

export const mongoLeases = ({ db, call }: MongoConnection): Leases => {
  const leases = db.collection<LeaseDocument>('leases')
  return {
    take: (name, holder, ttlMs) =>
      call(async () => {
        if (await taken(leases, name, holder, ttlMs)) return true
        // Nobody's yet, or held: `$expr` is refused in an upsert, so the document is made first, already run out.
        return (await made(leases, name)) && taken(leases, name, holder, ttlMs)
      }),
    release: async (name, holder) => {
      await call(() => leases.deleteOne({ _id: name, holder }, durable))
    },
    close: () => Promise.resolve(),
  }
}

/** Takes or renews a lease that is ours or has run out. */
const taken = async (
  leases: Collection<LeaseDocument>,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<boolean> => {
  const lease = await leases.findOneAndUpdate(
    { _id: name, $or: [{ holder }, { $expr: { $lt: ['$until', '$$NOW'] } }] },
    [{ $set: { holder: { $literal: holder }, until: { $add: ['$$NOW', ttlMs] } } }],
    { returnDocument: 'after', ...durable },
  )
  return lease !== null
}

/** Makes a lease that nobody holds. False when there is one. */
const made = async (leases: Collection<LeaseDocument>, name: string): Promise<boolean> => {
  try {
    await leases.insertOne({ _id: name, holder: '', until: new Date(0) }, durable)
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}
