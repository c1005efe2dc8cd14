/** The rows of pushes, kept in MongoDB, on whatever server MONGODB_URL names. */
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { pushRowsContract } from '../push/rows.contract.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('MongoDB keeps pushes:', (given) => {
  pushRowsContract('MongoDB', async () => {
    const { connection, remove } = await freshDatabase(given)
    return { readModels: mongoReadModels(connection), close: remove }
  })
})
