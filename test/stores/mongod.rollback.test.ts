/** Each step of a batch outlives a primary that dies before the others have it: the next step never builds on air. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { batchSteps } from '#src/adapters/mongoDB/batchSteps.js'
import { connectMongoDB, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { presentKeys } from '#src/adapters/mongoDB/presentKeys.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { stateId, states, rowsOf, type Batch, type State } from '#src/adapters/mongoDB/readModelState.js'
import { toRowChange } from '#src/adapters/mongoDB/rows.js'
import { toPosition } from '#src/ports/position.js'
import { eventually } from './eventually.js'
import { ledgerSchema } from './ledger.js'
import { startReplicaSet, type ReplicaSet } from './mongod.js'
import { describeMongod, withDatabase } from './mongoDB.js'

const patienceMs = 90_000

describeMongod('A batch whose primary dies', (binary) => {
  let set: ReplicaSet
  let connection: MongoConnection
  const database = `test-${randomUUID()}`
  before(async () => {
    set = await startReplicaSet(binary, 3)
    connection = await connectMongoDB({ url: withDatabase(set.url, database) })
  })
  after(async () => {
    await connection.close()
    await set.remove()
  })

  const opened = async (name: string) => {
    const schema = ledgerSchema(name)
    const model = await mongoReadModels(connection).open(schema, 'log-1')
    const { incarnation } = (await states(connection).findOne({ _id: stateId(name, 1) })) as State
    return { schema, model, incarnation }
  }

  /** Begins a step that the primary alone has when it dies, and answers once the step says that it is done. */
  const overFailover = async (
    step: (over: Promise<void>) => Promise<unknown>,
    begun: (primary: MongoConnection) => Promise<boolean>,
  ): Promise<void> => {
    const primary = await set.primary()
    const direct = await connectMongoDB({ url: withDatabase(primary.url, database) })
    const others = set.members.filter((member) => member !== primary)
    await Promise.all(others.map((other) => other.holdBack()))
    let end = (): void => undefined
    const over = new Promise<void>((resolve) => (end = resolve))
    const first = step(over).then(
      () => true,
      () => false,
    )
    await eventually('the primary has it', () => begun(direct), patienceMs)
    await direct.close()
    await primary.kill()
    await Promise.all(others.map((other) => other.letGo()))
    await set.primary()
    end()
    // A step that fails is taken again, by whoever comes next.
    if (!(await first)) await eventually('the step is done', () => step(over).then(() => true), patienceMs)
    await primary.start()
  }

  it('between its rows and its checkpoint has its rows', async function () {
    this.timeout(4 * patienceMs)
    const { schema, model, incarnation } = await opened('rows')
    const steps = batchSteps(connection, schema, presentKeys())
    const row = { account: 'alice', count: 1 }
    const changes = [toRowChange(schema, { table: 'accounts', put: row })]
    const batch: Batch = { id: randomUUID(), position: 1, changes, parts: 0 }
    expect(await steps.decide(batch, [], 0, incarnation)).to.equal(true)
    await overFailover(
      () => steps.write(batch, changes, incarnation, Date.now() + 4 * patienceMs),
      async (primary) => (await rowsOf(primary, schema, incarnation, 'accounts').countDocuments()) > 0,
    )
    expect(await steps.finish(batch, incarnation)).to.equal(true)
    expect(await model.get('accounts', ['alice'])).to.deep.equal(row)
  })

  it('between its checkpoint and the end of its parts is finished', async function () {
    this.timeout(4 * patienceMs)
    const { schema, model, incarnation } = await opened('parts')
    const change = (account: string) => [toRowChange(schema, { table: 'accounts', put: { account, count: 1 } })]
    const batch: Batch = { id: randomUUID(), position: 1, changes: change('alice'), parts: 1 }
    const steps = batchSteps(connection, schema, presentKeys())
    expect(await steps.decide(batch, [change('bob')], 0, incarnation)).to.equal(true)
    for (const some of [change('alice'), change('bob')])
      await steps.write(batch, some, incarnation, Date.now() + patienceMs)
    await overFailover(
      (over) => {
        let calls = 0
        const slow: MongoConnection = {
          ...connection,
          call: async (work, patience) => {
            if (++calls > 1) await over
            return connection.call(work, patience)
          },
        }
        return batchSteps(slow, schema, presentKeys()).finish(batch, incarnation)
      },
      async (primary) => (await states(primary).findOne({ _id: stateId('parts', 1) }))?.checkpoint === 1,
    )
    // Whoever comes next, be it with the batch that is there already.
    await eventually('the next batch is in', async () => {
      const expected = await model.checkpoint()
      return expected === 2 || ((await model.apply([], toPosition(2), expected)) === 'applied' && expected === 1)
    })
  })
})
