/** Accounts: handles, contacts, further clients, and KeyPackages. */
import { expect } from 'chai'
import { createAccount, isRefusal, memoryStore, openClient } from '#src/client/index.js'
import { operator } from '../faults/house.js'
import { groupOf, openHouse, type Player, type House } from './house.js'

describe('Accounts', () => {
  let house: House
  let alice: Player
  let bob: Player
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
  })
  after(() => house.close())

  it('are found by exact handle in any case, and by prefix only where they allow it', async () => {
    expect(await alice.client.findUser(bob.handle.toUpperCase())).to.equal(bob.client.user)
    expect(await alice.client.findUser(`${bob.handle}x`)).to.equal(undefined)
    expect(await alice.client.findUsers(bob.handle.slice(0, -1))).to.deep.equal([])
    await bob.client.changeAccount({ discovery: 'prefix' })
    await alice.until(async () => (await alice.client.findUsers(bob.handle.slice(0, -1))).length === 1)
    await bob.client.changeAccount({ discovery: 'exact' })
  })

  it('share no handle', async () => {
    const outcome = await createAccount({
      server: house.server.url,
      handle: bob.handle.toUpperCase(),
      store: memoryStore(),
    }).catch((error: unknown) => error)
    expect(isRefusal(outcome, 'already-exists')).to.equal(true)
  })

  it('are made by invitation where the operator says so', async () => {
    const invited = await openHouse({ REGISTRATION: 'invitation', OPERATOR_TOKEN: operator.token })
    const create = (handle: string, more: object = {}) =>
      createAccount({ server: invited.server.url, handle, store: memoryStore(), ...more })
    try {
      const refused = await create('erin').catch((error: unknown) => error)
      expect(isRefusal(refused, 'invitation-needed')).to.equal(true)
      const answer = await fetch(`${invited.server.url}/v1/operator/invitations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${operator.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ why: 'a colleague' }),
      })
      const { invitation } = (await answer.json()) as { readonly invitation: string }
      const client = await create('erin', { invitation })
      expect(client.user).to.be.a('string')
      await client.close()
      const late = await create('frank', { invitation }).catch((error: unknown) => error)
      expect(isRefusal(late, 'invitation-needed')).to.equal(true)
    } finally {
      await invited.close()
    }
  })

  it('ask each other, in words for the other’s clients alone', async () => {
    const carol = await house.register('carol')
    const phone = await house.link(carol)
    const request = await alice.client.requestContact(carol.client.user, 'It is Alice.')
    for (const player of [carol, phone]) {
      const seen = await player.untilEvent('request')
      expect(seen).to.deep.equal({ type: 'request', request, from: alice.client.user, text: 'It is Alice.' })
    }
    const [waiting, ...others] = await phone.client.requests()
    expect(waiting).to.include({ request, from: alice.client.user, text: 'It is Alice.' })
    expect(others).to.deep.equal([])
    await phone.client.acceptRequest(request, 'It is Carol.')
    const { by, text } = await alice.untilEvent('requestAccepted')
    expect({ by, text }).to.deep.equal({ by: carol.client.user, text: 'It is Carol.' })
    await carol.until(async () => (await carol.client.requests()).length === 0)
    const { contacts } = await alice.client.contacts()
    expect(contacts.map(({ user }) => user)).to.include(carol.client.user)
  })

  it('reject, and block so that the blocked see nobody', async () => {
    const dave = await house.register('dave')
    const request = await bob.client.requestContact(dave.client.user, 'Hello?')
    await dave.untilEvent('request')
    await dave.client.rejectRequest(request)
    await bob.untilEvent('requestRejected')
    await dave.client.block(bob.client.user)
    expect((await dave.client.contacts()).blocked).to.deep.equal([bob.client.user])
    await bob.until(async () => (await bob.client.findUser(dave.handle)) === undefined)
    const outcome = await bob.client.requestContact(dave.client.user, 'Please?').catch((error: unknown) => error)
    expect(isRefusal(outcome, 'no-such-user')).to.equal(true)
    await dave.client.unblock(bob.client.user)
    await bob.until(async () => (await bob.client.findUser(dave.handle)) === dave.client.user)
  })

  it('get further clients by approval alone, and all are told', async () => {
    const erin = await house.register('erin')
    const laptop = await house.link(erin)
    const told = await erin.untilEvent('clientAdded')
    expect(told).to.deep.equal({ type: 'clientAdded', client: laptop.client.client, approvedBy: erin.client.client })
    const { handle, clients } = await erin.client.account()
    expect(handle).to.equal(erin.handle)
    expect(clients).to.have.members([erin.client.client, laptop.client.client])
    expect(await alice.client.clientsOf(erin.client.user)).to.have.members([erin.client.client, laptop.client.client])
  })

  it('are taken up where a registration stopped', async () => {
    const store = memoryStore()
    const options = { handle: `frank-${Date.now().toString(36)}`, store, patienceMs: 500 }
    const began = await createAccount({ ...options, server: house.server.url })
    await began.close()
    const again = await createAccount({ ...options, server: house.server.url })
    expect(again.user).to.equal(began.user)
    await again.close()
  })

  it('fill up their KeyPackages by themselves, and are reached by the last one while they are away', async () => {
    const grace = await house.register('grace')
    const groups = []
    for (let n = 0; n < 22; n++) groups.push(await groupOf2(alice, grace))
    await grace.until(() => grace.client.groups().length === groups.length)
    for (const group of groups.slice(-3)) await group.send('hello grace')
    await grace.until(() => grace.texts().length === 3)
    await grace.client.sync()
    await groupOf(alice, grace)
  })

  it('are gone when their store is: a client without one is no client', async () => {
    const outcome = await openClient({ server: house.server.url, store: memoryStore() }).catch(
      (error: unknown) => error,
    )
    expect(String(outcome)).to.include('no account')
  })
})

/** Invites without waiting for the guest. */
const groupOf2 = async (creator: Player, guest: Player) => {
  const group = await creator.client.createGroup()
  await group.invite(guest.client.user)
  return group
}
