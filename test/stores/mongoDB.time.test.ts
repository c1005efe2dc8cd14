/** MongoDB's time as a clock beside ours. */
import { expect } from 'chai'
import { mongoTime } from '#src/adapters/mongoDB/time.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('the time of MongoDB', (url) => {
  it('is that of its machine, which is this one', async () => {
    const { connection, remove } = await freshDatabase(url)
    const before = Date.now()
    const said = await mongoTime(connection)
    expect(said).to.be.within(before - 1, Date.now() + 1)
    await remove()
  })

  it('is unknown where it does not answer', async () => {
    const { connection, remove } = await freshDatabase(url)
    await remove()
    expect(await mongoTime(connection)).to.equal(undefined)
  })
})
