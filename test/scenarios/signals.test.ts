/** Signals between real clients: told to who is there, kept by nobody, and no trouble for who was away. */
import { expect } from 'chai'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { random } from '../commands/mlsFixture.js'
import { engineOf } from './engineOf.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'
import { flooded, nextSignal, sealedBy, traces } from './signalling.js'

/** Enough for a ratchet that counts to give up: a signal costs it nothing. */
const many = 20_000

describe('Signals', () => {
  let house: House
  let alice: Player
  let bob: Player
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
  })
  after(() => house.close())

  it('are told to the members that are connected, once, and not to their sender', async () => {
    const group = await groupOf(alice, bob)
    await Promise.all([alice.client.connect(), bob.client.connect()])
    await group.signal('typing')
    const { user, client } = alice.client
    const typing = { type: 'signal', group: group.id, from: { user, client }, kind: 'typing', data: new Uint8Array() }
    expect(await nextSignal(bob)).to.deep.equal(typing)
    await groupAt(bob, group).signal('reading', Uint8Array.of(1, 2))
    expect(await nextSignal(alice))
      .to.include({ kind: 'reading' })
      .and.deep.include({ data: Uint8Array.of(1, 2) })
    await alice.client.createGroup()
    expect((await alice.client.take()).filter(({ type }) => type === 'signal')).to.deep.equal([])
    await groupAt(bob, group).send('as ever')
    await alice.untilText('as ever')
  })

  it('are no more than a kind and some bytes, of members', async () => {
    const group = await groupOf(alice, bob)
    const refused = (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => 'taken',
        (error: unknown) => String(error),
      )
    expect(await refused(group.signal(''))).to.match(/TypeError: signal: expected a kind/)
    expect(await refused(group.signal('k'.repeat(65)))).to.match(/expected a kind of up to 64 bytes/)
    expect(await refused(group.signal('typing', new Uint8Array(1_025)))).to.match(/up to 1024 bytes/)
    await group.signal('k'.repeat(64), random(1_024))
    await groupAt(bob, group).leave()
    expect(await refused(groupAt(bob, group).signal('typing'))).to.match(/NotInGroup|not-a-member/)
  })

  it('leave no trace in the data directory, where a message does', async () => {
    const group = await groupOf(alice, bob)
    await bob.client.connect()
    const engine = await engineOf(alice.store, house.server.url)
    const sealed = await sealedBy(engine, group.id, new TextEncoder().encode('near the fountain'))
    await engine.api.groups.signal(group.id, sealed)
    expect((await nextSignal(bob)).data).to.deep.equal(new TextEncoder().encode('near the fountain'))
    await engine.api.groups.signal(group.id, sealed)
    await group.send('near the river')
    await bob.untilText('near the river')
    expect(
      bob.events.filter((event) => event.type === 'signal' && event.group === group.id),
      'played again',
    ).to.deep.equal([])
    const middle = sealed.subarray(60, 120)
    expect(
      await traces(house.server.dataDir, [middle, toBase64url(middle), toBase64url(sealed), 'fountain']),
    ).to.deep.equal([])
    expect(await traces(house.server.dataDir, [group.id]), 'found by such a search').to.not.deep.equal([])
  })

  it(`are nothing to who was away for ${many} of them`, async () => {
    const group = await groupOf(alice, bob)
    bob.client.disconnect()
    const member = { member: alice, url: house.server.url, group: group.id }
    expect(await flooded(member, { many, together: 200 })).to.deep.equal([])
    await group.send('after all that')
    await bob.untilText('after all that')
  })
})
