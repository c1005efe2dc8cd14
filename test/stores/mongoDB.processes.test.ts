/** Processes find each other through MongoDB, and the newest consumer of a queue displaces the others. */
import { expect } from 'chai'
import { mongoProcesses } from '#src/adapters/mongoDB/processes.js'
import type { QueueId } from '#src/mls/wire/ids.js'
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
  const queue = 'mimi://example.org/q/AAAAAAAAAAAAAAAAAAAAAA' as QueueId

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

  it('take a queue over from each other, each time in a higher generation', async () => {
    expect(await processes.consumers([queue])).to.deep.equal(new Map())
    const first = await processes.consume(queue, 'one')
    const second = await processes.consume(queue, 'two')
    expect(second).to.be.greaterThan(first)
    expect(await processes.consumers([queue])).to.deep.equal(new Map([[queue, { process: 'two', generation: second }]]))
    await processes.leave(queue, first)
    expect((await processes.consumers([queue])).get(queue)?.process).to.equal('two')
    await processes.leave(queue, second)
    expect(await processes.consumers([queue])).to.deep.equal(new Map())
    expect(await processes.consume(queue, 'one')).to.be.greaterThan(second)
  })

  it('that take a queue at once all get generations of their own', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => processes.consume(queue, `process ${n}`)))
    expect(new Set(taken).size).to.equal(20)
    const stands = (await processes.consumers([queue])).get(queue)
    expect(stands).to.deep.equal({
      process: `process ${taken.indexOf(Math.max(...taken))}`,
      generation: Math.max(...taken),
    })
  })
})
