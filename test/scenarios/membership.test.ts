/** Who is in: adding, roles, removing, leaving, clients and accounts that go. */
import { expect } from 'chai'
import { isRefusal, NotInGroup } from '#src/client/index.js'
import { copyOf, groupAt, groupOf, openHouse, type Player, type House } from './house.js'

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (isRefusal(error) ? error.code : error instanceof NotInGroup ? 'not in group' : String(error)),
  )

describe('Membership', () => {
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

  it('shows a newcomer what comes after it, and nothing from before', async () => {
    const group = await groupOf(alice, bob)
    await group.send('before carol')
    await group.invite(carol.client.user)
    await group.send('after carol')
    await carol.untilText('after carol')
    expect(carol.texts()).to.deep.equal(['after carol'])
    expect((await bob.untilEvent('membersChanged')).added).to.deep.equal([
      { user: carol.client.user, client: carol.client.client },
    ])
  })

  it('lets admins add and remove, and no others', async () => {
    const group = await groupOf(alice, bob)
    expect(await codeOf(groupAt(bob, group).invite(carol.client.user))).to.equal('not-allowed')
    await group.setRole(bob.client.user, 'admin')
    expect(await codeOf(groupAt(bob, group).invite(carol.client.user))).to.equal('done')
    await carol.until(() => carol.client.groups().some(({ id }) => id === group.id))
    expect(await codeOf(groupAt(carol, group).remove(alice.client.user))).to.equal('not-allowed')
    await groupAt(carol, group).send('still here')
    await alice.untilText('still here')
  })

  it('shows a removed member its removal, and nothing more', async () => {
    const group = await groupOf(alice, bob, carol)
    await group.remove(carol.client.user)
    await group.send('without carol')
    await bob.untilText('without carol')
    await carol.until(() => carol.events.some((event) => event.type === 'removed' && event.group === group.id))
    await carol.client.sync()
    expect(carol.texts()).not.to.include('without carol')
    expect(await codeOf(groupAt(carol, group).send('let me in'))).to.equal('not in group')
  })

  it('has a leave committed by a plain member', async () => {
    const group = await groupOf(alice, bob, carol)
    await groupAt(carol, group).leave()
    await bob.until(() => groupAt(bob, group).members().length === 2)
    await groupAt(bob, group).send('she left')
    await alice.untilText('she left')
    expect(groupAt(carol, group).status()).to.equal('left')
    expect(group.members()).to.have.length(2)
  })

  for (const how of ['by fetch', 'live'] as const)
    it(`lets a member that leaves read what was accepted before it, ${how}`, async () => {
      const lea = await house.register(`lea-${how.replace(' ', '-')}`)
      const group = await groupOf(alice, bob, carol, lea)
      if (how === 'live') await lea.client.connect()
      const speaking = [alice, bob].map(async (player) => {
        for (let n = 0; n < 25; n++) await groupAt(player, group).send(`${player.handle} ${n}`)
      })
      await carol.until(() => carol.texts().length > 0)
      await groupAt(lea, group).leave()
      expect(groupAt(lea, group).status()).to.equal('left')
      await Promise.all(speaking)
      // Everybody sees the messages and the leave in one order.
      await carol.untilEvent('leaving')
      await carol.until(() => groupAt(carol, group).members().length === 3)
      const here = carol.events.filter((event) => 'group' in event && event.group === group.id)
      const leave = here.findIndex(({ type }) => type === 'leaving')
      const before = here.slice(0, leave).flatMap((event) => (event.type === 'message' ? [event.text] : []))
      lea.events.push(...(await lea.client.take()))
      expect(lea.texts()).to.deep.equal(before)
      await lea.client.sync()
      expect(await lea.client.take()).to.deep.equal([])
    })

  it('reads it also when it was stopped before its leave was answered', async () => {
    const lea = await house.register('lea')
    const group = await groupOf(alice, bob, lea)
    await lea.client.sync()
    await alice.client.sync()
    await house.server.crash()
    const leaving = groupAt(lea, group)
      .leave()
      .catch(() => undefined)
    const record = `group/${group.id}`
    // Stopped while the server starts: one of two processes may answer before the other is ready.
    const stopped = lea
      .untilStored(async (store) => new TextDecoder().decode(await store.get(record)).includes('"leave":{'))
      .then(async () => {
        const copy = await copyOf(lea.store)
        await lea.client.close()
        return copy
      })
    await house.server.restart()
    const onItsWay = await stopped
    await leaving
    await groupAt(bob, group)
      .send('after the leave')
      .catch(() => undefined)
    const again = await lea.restart(onItsWay)
    await again.until(() => groupAt(again, group).status() === 'left')
    await bob.until(() => groupAt(bob, group).members().length === 2)
  })

  it('takes all clients of a user out when it leaves', async () => {
    const dave = await house.register('dave')
    const other = await house.link(dave)
    const group = await groupOf(alice, dave)
    await other.untilEvent('joined')
    await groupAt(dave, group).leave()
    await alice.until(() => group.members().length === 1)
    await other.untilEvent('removed')
  })

  it('removes a client of a deleted device from every group', async () => {
    const erin = await house.register('erin')
    const lost = await house.link(erin)
    const group = await groupOf(alice, erin, bob)
    await lost.untilEvent('joined')
    await erin.client.removeClient(lost.client.client)
    expect(await codeOf(groupAt(lost, group).send('from a stolen phone'))).to.equal('not-authenticated')
    await bob.until(() => groupAt(bob, group).members().length === 3)
    await alice.until(() => group.members().length === 3)
    await group.send('it is gone')
    await erin.untilText('it is gone')
  })

  it('removes a deleted user from every group', async () => {
    const frank = await house.register('frank')
    const group = await groupOf(alice, frank, bob)
    await frank.client.deleteAccount()
    await alice.until(() => group.members().length === 2)
    await group.send('frank is gone')
    await bob.untilText('frank is gone')
    expect(await alice.client.findUser(frank.handle)).to.equal(undefined)
  })

  it('carries the group’s name to members old and new, past the server', async () => {
    const group = await groupOf(alice, bob)
    await group.setProfile('Chess')
    const nameAt = async (player: Player): Promise<string> =>
      new TextDecoder().decode((await groupAt(player, group).profile())?.data)
    const readableTo = (player: Player): number =>
      player.events.filter((event) => event.type === 'profileReadable' && event.group === group.id).length
    await bob.untilEvent('profileChanged')
    await bob.until(() => readableTo(bob) === 1)
    expect(await nameAt(bob)).to.equal('Chess')
    await group.invite(carol.client.user)
    await carol.until(() => readableTo(carol) === 1)
    expect(await nameAt(carol)).to.equal('Chess')
    await group.send('the key was told again')
    await bob.untilText('the key was told again')
    expect(readableTo(bob)).to.equal(1)
    expect(await codeOf(groupAt(bob, group).setProfile('Draughts'))).to.equal('not-allowed')
  })

  it('ends for everybody when an admin deletes it', async () => {
    const group = await groupOf(alice, bob)
    await group.delete()
    await bob.until(() => groupAt(bob, group).status() === 'deleted')
    expect(await codeOf(groupAt(bob, group).send('anybody?'))).to.equal('not in group')
  })
})
