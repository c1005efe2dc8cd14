/** Epochs: races, forgeries, states that are lost, and how each client gets over them by itself. */
import { expect } from 'chai'
import { type Group, isRefusal, type Store } from '#src/client/index.js'
import { withForgedCommits } from '../../demo/forgery.js'
import { copyOf, groupAt, groupOf, inStep, openHouse, type Player, resyncedIn, type House } from './house.js'

const resetOf = ({ events }: Player, { id }: Group) =>
  events.filter((event) => event.type === 'groupReset').find(({ group }) => group === id)

describe('Epochs', () => {
  let house: House
  let alice: Player
  let bob: Player
  let carol: Player
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
    carol = await house.register('carol')
  })
  after(() => house.close())

  it('gives each of three racing Commits an epoch of its own', async () => {
    const group = await groupOf(alice, bob, carol)
    const racers = [group, groupAt(bob, group), groupAt(carol, group)]
    await Promise.all(racers.map((racer) => racer.update()))
    await alice.until(() => group.epoch() === 4n)
    await group.send('all here?')
    await Promise.all([bob.untilText('all here?'), carol.untilText('all here?')])
    expect(groupAt(bob, group).epoch()).to.equal(4n)
  })

  it('lets the loser of a race add whom it wanted to add', async () => {
    const dave = await house.register('dave')
    const group = await groupOf(alice, bob)
    await group.setRole(bob.client.user, 'admin')
    await Promise.all([group.invite(carol.client.user), groupAt(bob, group).invite(dave.client.user)])
    await alice.until(() => group.members().length === 4)
    await group.send('four of us')
    await Promise.all([carol, dave, bob].map((player) => player.untilText('four of us')))
  })

  it('refuses a forged Commit and lets the group go on', async () => {
    const group = await groupOf(alice, bob)
    let refusal: unknown
    await withForgedCommits(() => group.update()).catch((error: unknown) => {
      refusal = error
    })
    expect(isRefusal(refusal, 'invalid-commit', 'malformed')).to.equal(true)
    await group.update()
    await group.send('not forged')
    await bob.untilText('not forged')
  })

  it('resyncs a client whose state is lost, and reads on', async () => {
    const group = await groupOf(alice, bob)
    await bob.client.close()
    const gone = await bob.store.keys('state/')
    await bob.store.write(gone.map((key) => ({ key, value: undefined })))
    bob = await bob.restart()
    await resyncedIn(bob, group)
    await inStep(alice, bob, group)
    await group.send('welcome back')
    await bob.untilText('welcome back')
    await groupAt(bob, group).send('glad to be')
    await alice.untilText('glad to be')
    expect(group.members()).to.have.length(2)
  })

  it('resyncs a client that was set back to an old backup and cannot follow, and tells the admin', async () => {
    const group = await groupOf(alice, bob)
    const backup = await copyOf(bob.store)
    await groupAt(bob, group).update()
    await group.send('after the backup')
    await bob.untilText('after the backup')
    bob = await bob.restart(backup)
    await resyncedIn(bob, group)
    const fault = await alice.until(() =>
      alice.events.filter((event) => event.type === 'faultReported').find((event) => event.group === group.id),
    )
    expect(fault).to.include({ client: bob.client.client, epoch: 2n })
    await inStep(alice, bob, group)
    await group.send('in step again')
    await bob.untilText('in step again')
  })

  it('reads a message of the epoch before, and one that was encrypted too early is sent again', async () => {
    const group = await groupOf(alice, bob)
    for (let n = 0; n < 7; n++) await group.update()
    await groupAt(bob, group).send('seven epochs late')
    await alice.untilText('seven epochs late')
  })

  it('loses no unread message to Commits of its own, however many it makes before it reads', async () => {
    const group = await groupOf(alice, bob)
    await groupAt(bob, group).send('unread for eight epochs')
    for (let n = 0; n < 8; n++) await group.update()
    await alice.untilText('unread for eight epochs')
  })

  it('is given up for a fresh group with the same people, on record', async () => {
    const group = await groupOf(alice, bob, carol)
    const fresh = await group.reset()
    const { successor } = await bob.until(() => resetOf(bob, group))
    expect(successor).to.equal(fresh.id)
    await carol.until(() => carol.client.groups().some(({ id }) => id === fresh.id))
    await fresh.send('a new beginning')
    await Promise.all([bob.untilText('a new beginning'), carol.untilText('a new beginning')])
    expect(groupAt(bob, group).status()).to.equal('reset')
  })

  it('is given up for a fresh group to the end, though the client stopped in the middle', async () => {
    const group = await groupOf(alice, bob, carol)
    const resetting = group.reset().catch(() => undefined)
    const halfWay = async ({ keys, get }: Store): Promise<boolean> => {
      const records = await Promise.all((await keys('group/')).map(get))
      return records.some((record) => new TextDecoder().decode(record).includes('"guests":["'))
    }
    await alice.untilStored(halfWay)
    const inTheMiddle = await copyOf(alice.store)
    await house.server.crash()
    await alice.client.close()
    await house.server.restart()
    await resetting
    alice = await alice.restart(inTheMiddle)
    const { successor } = await bob.until(() => resetOf(bob, group))
    await alice.client.group(successor!).send('begun twice, finished once')
    await Promise.all([bob.untilText('begun twice, finished once'), carol.untilText('begun twice, finished once')])
  })

  for (const { what, act, marker } of [
    { what: 'a message', act: (group: Group) => group.send('sent twice, read once'), marker: '"idempotencyKey"' },
    { what: 'a Commit', act: (group: Group) => group.update(), marker: '"bundle"' },
  ])
    it(`sends ${what} that was on its way when the client stopped, under the same key`, async () => {
      const group = await groupOf(alice, bob)
      await bob.client.sync()
      await house.server.crash()
      const acting = act(groupAt(bob, group))
      const record = `group/${group.id}`
      await bob.untilStored(async (store) => new TextDecoder().decode(await store.get(record)).includes(marker))
      const onItsWay = await copyOf(bob.store)
      await house.server.restart()
      await acting
      bob = await bob.restart(onItsWay)
      await groupAt(bob, group).send(`after ${what}`)
      await alice.untilText(`after ${what}`)
      await group.send(`and after that`)
      await bob.untilText(`and after that`)
      expect(alice.texts().filter((text) => text === 'sent twice, read once').length).to.be.below(2)
      expect(group.epoch()).to.equal(groupAt(bob, group).epoch())
    })
})
