/** MongoDB keeps the contracts of the ports, on whatever server MONGODB_URL names. */
import { connectMongoDB, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { readModelsContract } from '../ports/readModels.contract.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('MongoDB keeps its contracts:', (given) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  before(async () => {
    database = await freshDatabase(given)
  })
  after(() => database.remove())

  readModelsContract('MongoDB', () => {
    const others: MongoConnection[] = []
    const reopen = async () => {
      const connection = await connectMongoDB({ url: database.url })
      others.push(connection)
      return mongoReadModels(connection)
    }
    const close = async () => {
      for (const connection of others) await connection.close()
    }
    return Promise.resolve({ readModels: mongoReadModels(database.connection), reopen, close })
  })
})
