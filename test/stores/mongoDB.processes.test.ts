/** Processes find each other through MongoDB. */
import { expect } from 'chai'
import { mongoProcesses } from '#src/adapters/mongoDB/processes.js'
import type { Processes } from '#src/ports/processes.js'
import { eventually } from './eventually.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('Processes in MongoDB', (given) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let processes: Processes
  beforeEach(async () => {
    database = await freshDatabase(given)
    processes = await mongoProcesses(database.connection)
  })
  afterEach(() => database.remove())
  const one = { process: 'one', internalUrl: 'http://10.0.0.1:8001' }
  const two = { process: 'two', internalUrl: 'http://10.0.0.2:8001' }

  it('are listed while they say that they live', async () => {
    await processes.announce(one, 60_000)
    await processes.announce(two, 100)
    await eventually('the second is gone', async () => (await processes.list()).length === 1)
    expect(await processes.list()).to.deep.equal([one])
    await processes.announce(two, 60_000)
    await processes.announce({ ...one, internalUrl: '$internalUrl' }, 60_000)
    expect(await processes.list()).to.deep.equal([{ ...one, internalUrl: '$internalUrl' }, two])
    await processes.withdraw('one')
    expect(await processes.list()).to.deep.equal([two])
  })
})
