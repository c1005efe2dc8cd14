/** A read model in MongoDB is rebuilt while it is served, by one process of several. */
import { connectMongoDB, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoLeases } from '#src/adapters/mongoDB/leases.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { rebuildContract } from '../projections/builds/rebuild.contract.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('MongoDB holds builds:', (given) => {
  rebuildContract('MongoDB', async () => {
    const { connection, url, remove } = await freshDatabase(given)
    const others: MongoConnection[] = []
    const of = (one: MongoConnection) => ({ readModels: mongoReadModels(one), leases: mongoLeases(one) })
    return {
      ...of(connection),
      reopen: async () => {
        const other = await connectMongoDB({ url })
        others.push(other)
        return of(other)
      },
      close: async () => {
        for (const other of others) await other.close()
        await remove()
      },
    }
  })
})
