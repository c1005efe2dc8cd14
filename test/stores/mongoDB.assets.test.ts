/** Assets in GridFS, by a real server process that is killed. */
import { openHouse } from '../faults/house.js'
import { survivesKills } from '../api/assets/interrupted.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('Assets in GridFS', (given) => {
  it('survive kills of the server in the middle of uploads and downloads', async () => {
    const database = await freshDatabase(given)
    const house = await openHouse({ MONGODB_URL: database.url })
    try {
      await survivesKills(house)
    } finally {
      await house.close()
      await database.remove()
    }
  })
})
