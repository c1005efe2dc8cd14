import { expect } from 'chai'
import { handleAggregate, handleHash } from '#src/commands/account/handleReservation.js'
import { abandonRegistration, userAggregate } from '#src/commands/account/user.js'
import { keyPackagesAggregate, publishKeyPackages } from '#src/commands/keyPackages/keyPackages.js'
import { handleStream } from '#src/events/handle.js'
import { keyPackagesStream } from '#src/events/keyPackages.js'
import { userStream } from '#src/events/user.js'
import { placedOf } from '#src/items/placed.js'
import type { ClientId } from '#src/mls/wire/ids.js'
import { origin } from '#src/ports/position.js'
import { closeStocks } from '#src/reactions/closeStocks.js'
import { eraseSubjectKeys } from '#src/reactions/eraseSubjectKeys.js'
import { releaseHandles } from '#src/reactions/releaseHandles.js'
import { commandOf } from '#src/reactions/rule.js'
import { openIdentityHouse } from '../api/identityHouse.js'
import type { IdentityHouse, Person } from '../api/identityHouse.js'
import { user } from '../commands/people.js'
import { silentLogger } from '../support/silentLogger.js'

describe('when somebody goes', () => {
  let house: IdentityHouse
  let alice: Person
  beforeEach(async () => {
    house = await openIdentityHouse()
    alice = await house.registerUser('alice')
  })
  afterEach(() => house.close())

  /** Every rule on every event so far, twice, as after a crash. */
  const react = async (): Promise<void> => {
    const rules = [closeStocks, releaseHandles, eraseSubjectKeys(house.keys.subjects)]
    const stored = await house.events.readAll({ after: origin })
    for (const event of [...stored, ...stored]) {
      const placed = placedOf(event)
      for (const rule of rules) {
        if (rule.answers?.includes(placed.event.type) !== true) continue
        const command = (target: string) => commandOf(event.id, rule.name, target, house.now())
        await rule.react(placed, { streams: house.streams, logger: silentLogger, command })
      }
    }
  }
  const publish = async (client: ClientId): Promise<void> => {
    const last = { ref: 'r', suite: 1, keyPackage: 'AAAA', lastResort: true, notBefore: 0, notAfter: house.now() * 2 }
    const limits = { keyPackagesPerUploadMax: 9, keyPackagesPerClientMax: 9, uploadBytesMax: 99 }
    const publishing = { client, user: alice.principal.user, packages: [last], replace: false, at: house.now(), limits }
    const context = { id: `publish ${client}`, bodyHash: '', at: house.now() }
    await house.streams.execute(
      keyPackagesAggregate,
      keyPackagesStream(client),
      context,
      publishKeyPackages(publishing),
    )
  }
  const isClosed = async (client: ClientId): Promise<boolean> =>
    (await house.streams.read(keyPackagesAggregate, keyPackagesStream(client))).state.closed
  const types = async (): Promise<readonly string[]> => (await house.facts()).map(({ type }) => type)

  it('closes the stock of a removed client, once, and of no other', async () => {
    const phone = await house.addClient(alice)
    for (const { principal } of [alice, phone]) await publish(principal.client)
    const params = { client: phone.principal.client }
    await house.call('delete', '/v1/clients/{client}', { principal: alice.principal, params })
    await react()
    expect(await isClosed(phone.principal.client)).to.equal(true)
    expect(await isClosed(alice.principal.client)).to.equal(false)
    expect((await types()).filter((type) => type === 'StockClosed')).to.have.length(1)
  })

  it('gives a deleted user’s handle back, closes its stocks and erases what was said about the person', async () => {
    const phone = await house.addClient(alice)
    await house.call('delete', '/v1/users/me', { principal: alice.principal })
    await react()
    const hash = handleHash(house.keys.server.handleKey, 'alice')
    expect((await house.streams.read(handleAggregate, handleStream(hash))).state).to.deep.equal({ status: 'free' })
    for (const { principal } of [alice, phone]) expect(await isClosed(principal.client)).to.equal(true)
    expect(await house.keys.subjects.get(alice.principal.user)).to.equal(undefined)
    expect((await types()).filter((type) => type === 'HandleReleased')).to.have.length(1)
  })

  it('erases what was kept about somebody who never finished registering', async () => {
    const lewis = user(9)
    await house.keys.subjects.create(lewis)
    const context = { id: 'abandon', bodyHash: '', at: house.now() }
    await house.streams.execute(userAggregate, userStream(lewis), context, abandonRegistration(lewis))
    await react()
    expect(await house.keys.subjects.get(lewis)).to.equal(undefined)
    expect(await house.keys.subjects.get(alice.principal.user)).not.to.equal(undefined)
  })

  it('leaves a handle to whoever took it before the rule came to it', async () => {
    await house.call('delete', '/v1/users/me', { principal: alice.principal })
    const next = await house.registerUser('alice')
    await react()
    const hash = handleHash(house.keys.server.handleKey, 'alice')
    const { state } = await house.streams.read(handleAggregate, handleStream(hash))
    expect(state).to.deep.include({ status: 'reserved', user: next.principal.user })
  })
})
