/** Whom another server's group is to let go of: those of ours that are there, told from its record. */
import { expect } from 'chai'
import { askRemoval, departureFrom, isStillDue } from '#src/commands/group/followed/departures.js'
import { copiesAggregate } from '#src/commands/group/followed/copies.js'
import { referenceOf } from '#src/commands/group/leaves.js'
import type { ActiveGroup } from '#src/commands/group/fold/state.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { leave, trio } from './testGroup.js'
import type { TestGroup } from './testGroup.js'
import { domain, random } from './mlsFixture.js'

const followed = (testGroup: TestGroup): ActiveGroup => ({ ...testGroup.active(), hub: parseDomain('hub.example')! })

describe('a departure from another server’s group', () => {
  it('is of the clients that are gone, or of the leaf whose queue is, with the reference that names it', async () => {
    const { testGroup, bob } = await trio()
    const group = followed(testGroup)
    const leaf = { leafIndex: 1, user: bob.user, client: bob.client }
    const by = departureFrom(group, { reason: 'userDeleted', gone: [bob.client] }, domain)
    expect(by).to.deep.equal({ group: group.group, leaves: [leaf], reason: 'userDeleted' })
    const { changed } = group.leaves.get(1)!
    const seen = { leafIndex: 1, client: bob.client }
    const reference = referenceOf(group, 1)
    expect(reference).to.be.a('string')
    expect(departureFrom(group, { reason: 'queueGone', gone: [{ ...seen, changed }] }, domain)?.leaves).to.deep.equal([
      { ...leaf, reference },
    ])
    expect(departureFrom(group, { reason: 'queueGone', gone: [{ ...seen, changed: changed + 1 }] }, domain)).to.equal(
      undefined,
    )
  })

  it('is none where nobody is there, nobody of ours is meant, or this server decides itself', async () => {
    const { testGroup, bob } = await trio()
    const gone = { reason: 'userDeleted', gone: [bob.client] } as const
    expect(departureFrom(testGroup.active(), gone, domain)).to.equal(undefined)
    expect(departureFrom(followed(testGroup), gone, parseDomain('other.example')!)).to.equal(undefined)
    const nobody = { ...gone, gone: [makeId('client', domain, random(16))] }
    expect(departureFrom(followed(testGroup), nobody, domain)).to.equal(undefined)
    await leave(testGroup, bob)
    expect(departureFrom(followed(testGroup), gone, domain)).to.equal(undefined)
  })

  it('is due until the leaf must go, or is another one', async () => {
    const { testGroup, alice, bob } = await trio()
    const group = followed(testGroup)
    const leaf = { leafIndex: 1, user: bob.user, client: bob.client }
    expect(isStillDue(group, leaf)).to.equal(true)
    expect(isStillDue(testGroup.active(), leaf)).to.equal(false)
    expect(isStillDue(group, { ...leaf, client: alice.client })).to.equal(false)
    expect(isStillDue(group, { ...leaf, reference: referenceOf(group, 1) })).to.equal(true)
    expect(isStillDue(group, { ...leaf, reference: 'AAAA' })).to.equal(false)
    await leave(testGroup, bob)
    expect(isStillDue(followed(testGroup), leaf)).to.equal(false)
  })

  it('is a fact of our own, beside what we let go of our copies', async () => {
    const { testGroup, bob } = await trio()
    const departure = departureFrom(followed(testGroup), { reason: 'inactive', gone: [bob.client] }, domain)!
    const copies = { expiredUpTo: 7 }
    const decision = askRemoval(departure)(copies)
    expect(decision).to.deep.equal({ accepted: [{ type: 'RemovalAsked', data: departure }] })
    const place = { revision: 1, at: 1 }
    expect(copiesAggregate.evolve(copies, { type: 'RemovalAsked', data: departure }, place)).to.deep.equal(copies)
  })
})
