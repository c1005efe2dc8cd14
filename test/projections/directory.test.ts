import { expect } from 'chai'
import { systemClock } from '#src/adapters/system/clock.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import type { ReadModel, Row } from '#src/ports/readModels.js'
import { directorySchema } from '#src/projections/directory/tables.js'
import { makeRunner } from '#src/projections/runner.js'
import { openIdentityHouse } from '../api/identityHouse.js'
import type { IdentityHouse } from '../api/identityHouse.js'
import { makeTestKey } from '../api/testClient.js'
import { silentLogger } from '../support/silentLogger.js'

/** All rows of all tables. */
const dump = async (model: ReadModel): Promise<Record<string, readonly Row[]>> => {
  const tables: Record<string, readonly Row[]> = {}
  for (const table of Object.keys(directorySchema.tables)) {
    tables[table] = await model.range({ table, index: 'key', prefix: [], limit: 1_000 })
  }
  return tables
}

describe('the directory', () => {
  let house: IdentityHouse
  beforeEach(async () => {
    house = await openIdentityHouse()
  })
  afterEach(() => house.close())

  const live = async (): Promise<void> => {
    const alice = await house.registerUser('alice')
    const bob = await house.registerUser('Bobby', { discovery: 'prefix' })
    const carol = await house.registerUser('carol')
    const phone = await house.addClient(alice, await makeTestKey('P-256'))
    await house.call('patch', '/v1/users/me', { principal: alice.principal, body: { discovery: 'prefix' } })
    const ask = (from: typeof alice, to: typeof alice) =>
      house.call('post', '/v1/users/{user}/requests', {
        principal: from.principal,
        params: { user: to.principal.user },
        body: { ciphertext: 'AAAA' },
      })
    await ask(alice, bob)
    await ask(carol, bob)
    await ask(carol, alice)
    await house.call('put', '/v1/blocks/{user}', { principal: bob.principal, params: { user: carol.principal.user } })
    await house.call('delete', '/v1/clients/{client}', {
      principal: alice.principal,
      params: { client: phone.principal.client },
    })
    await house.call('delete', '/v1/users/me', { principal: carol.principal })
    await house.settled()
  }

  it('is the same when it is built anew from the log, in whatever batches', async () => {
    await live()
    const grown = await dump(house.model)
    expect(grown['users']).to.have.length(2)
    expect(grown['revocations']).to.have.length(2)
    const model = await openMemoryReadModels().open(house.projection.schema, 'log')
    const runner = makeRunner({
      projection: house.projection,
      model,
      events: house.events,
      clock: systemClock,
      logger: silentLogger,
    })
    const stopped = new AbortController()
    const running = runner.run(stopped.signal)
    expect(await runner.reached(await house.events.head(), 5_000)).to.equal(true)
    stopped.abort()
    await running
    expect(runner.status().parked).to.deep.equal([])
    expect(await dump(model)).to.deep.equal(grown)
  })

  it('has no handle for a user whose key was erased, and finds nobody by it', async () => {
    const alice = await house.registerUser('alice', { discovery: 'prefix' })
    await house.keys.subjects.erase(alice.principal.user, 1)
    const model = await openMemoryReadModels().open(house.projection.schema, 'log')
    const runner = makeRunner({
      projection: house.projection,
      model,
      events: house.events,
      clock: systemClock,
      logger: silentLogger,
    })
    const stopped = new AbortController()
    const running = runner.run(stopped.signal)
    await runner.reached(await house.events.head(), 5_000)
    stopped.abort()
    await running
    const [row] = (await dump(model))['users']!
    expect(row).to.include({ user: alice.principal.user, handle: null })
    expect(row).not.to.have.property('findable')
  })

  it('lists revoked serial numbers as the log has them', async () => {
    await live()
    const serials = (await house.facts()).flatMap((event) =>
      event.type === 'ClientRemoved' || event.type === 'UserDeleted' ? event.data.serials : [],
    )
    const rows = await house.directory.revocations({ limit: 10 })
    expect(rows.map(({ serial }) => serial)).to.deep.equal(serials)
  })
})
