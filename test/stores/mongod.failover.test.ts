/** A replica set of three that loses its primary under load: what was decided or stored stays, the rest is done again. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { gridFSBlobs } from '#src/adapters/gridFS/blobs.js'
import { mongoCheckpoints } from '#src/adapters/mongoDB/checkpoints.js'
import { connectMongoDB, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoLeases } from '#src/adapters/mongoDB/leases.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { toPosition } from '#src/ports/position.js'
import { eventually } from './eventually.js'
import { expectedRows, ledgerSchema, rowsOf, workOn } from './ledger.js'
import { startReplicaSet, type ReplicaSet } from './mongod.js'
import { describeMongod, withDatabase } from './mongoDB.js'

const failovers = 3
/** An election takes two seconds with the settings of the tests; a busy machine takes longer. */
const patienceMs = 90_000

describeMongod('A replica set of three', (binary) => {
  let set: ReplicaSet
  let connections: readonly MongoConnection[]
  before(async () => {
    set = await startReplicaSet(binary, 3)
    const url = withDatabase(set.url, `test-${randomUUID()}`)
    connections = [await connectMongoDB({ url }), await connectMongoDB({ url })]
  })
  after(async () => {
    for (const connection of connections) await connection.close()
    await set.remove()
  })

  it('loses its primary under load, and no row, blob, checkpoint or lease with it', async function () {
    this.timeout((failovers + 1) * 2 * patienceMs)
    const [first, second] = connections as readonly [MongoConnection, MongoConnection]
    const models = await Promise.all(
      [first, second].map((connection) => mongoReadModels(connection).open(ledgerSchema('ledger'), 'log-1')),
    )
    const [model] = models as [(typeof models)[0]]
    const blobs = await gridFSBlobs(first)
    const checkpoints = mongoCheckpoints(first)
    const leases = [mongoLeases(first), mongoLeases(second)]
    const stored: string[] = []
    let saved = 0
    let events = 0
    for (let failover = 0; failover < failovers; failover++) {
      let loading = true
      const target = (events += 3_000)
      // Two workers that know nothing of each other, as if a lease had run out under one of them.
      const workers = models.map((one) =>
        eventually(
          'the events are in',
          async () => !loading || (await workOn(one, { events: target }, 20), false),
          2 * patienceMs,
        ),
      )
      const stores = eventually(
        'blobs and checkpoints are stored',
        async () => {
          stored.push(await blobs.put(Buffer.from(randomUUID())))
          await checkpoints.save('reaction', 'log-1', toPosition(saved + 1))
          saved++
          return !loading
        },
        2 * patienceMs,
      )
      expect(await takenBy(leases, 'worker', 600_000)).to.deep.equal([0])
      const from = await model.checkpoint()
      await eventually('some of it is in', async () => (await model.checkpoint()) > from + 200, patienceMs)
      const primary = await set.primary()
      await primary.kill()
      const other = await set.primary()
      expect(other.port).to.not.equal(primary.port)
      await eventually('writes are taken again', () => workOn(model, { events: target }, 20), patienceMs)
      expect(await eventually('the lease is asked for', () => takenBy(leases, 'worker', 600_000))).to.deep.equal([0])
      await primary.start()
      loading = false
      await Promise.all([...workers, stores])
      await eventually(
        'all events are in',
        async () => {
          await workOn(model, { events: target }, 200)
          return (await model.checkpoint()) === target
        },
        patienceMs,
      )
      expect(await rowsOf(model), `failover ${failover}`).to.deep.equal(expectedRows({ events: target }))
      for (const digest of stored) expect(await blobs.size(digest)).to.equal(36)
      expect(await checkpoints.load('reaction', 'log-1')).to.equal(saved)
    }
  })
})

/** Which of two holders has a lease, asked both. */
const takenBy = async (
  leases: readonly { readonly take: (name: string, holder: string, ttlMs: number) => Promise<boolean> }[],
  name: string,
  ttlMs: number,
): Promise<readonly number[]> => {
  const holders: number[] = []
  for (const [n, { take }] of leases.entries()) if (await take(name, `process-${n}`, ttlMs)) holders.push(n)
  return holders
}
