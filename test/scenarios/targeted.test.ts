/** Messages for some members only, between real clients: seen by them alone, and stepped over by everybody else. */
import { expect } from 'chai'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

/** More than a homeserver takes of a sender in one epoch. */
const many = 501

describe('Targeted messages', () => {
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

  it('are seen by the clients of whom they are for, and are a gap to nobody else', async () => {
    const tablet = await house.link(bob)
    const group = await groupOf(alice, bob, carol)
    await group.invite(bob.client.user)
    await group.send('to all')
    await group.send('between us', { to: [bob.client.user] })
    await group.send('to all again')
    for (const player of [bob, tablet]) await player.untilText('to all again')
    await carol.untilText('to all again')
    expect([bob.texts(), carol.texts()]).to.deep.equal([
      ['to all', 'between us', 'to all again'],
      ['to all', 'to all again'],
    ])
    expect(tablet.texts()).to.include('between us')
    expect(carol.events.filter(({ type }) => type === 'missed')).to.deep.equal([])
    await groupAt(carol, group).send('as ever')
    await alice.untilText('as ever')
    expect(alice.events.filter(({ type }) => type === 'unconfirmed')).to.deep.equal([])
  })

  it('for people and not for leaves: who is not in the group is nobody', async () => {
    const group = await groupOf(alice, bob)
    await group.send('to who is not here', { to: [carol.client.user] })
    await group.send('to all')
    await bob.untilText('to all')
    expect(bob.texts().at(-2)).to.not.equal('to who is not here')
    const wrong = group.send('x', { to: ['bob' as never] })
    expect(await wrong.catch((error: unknown) => String(error))).to.match(/send: to: expected the id of a user/)
  })

  it(`are nothing to who was away for ${many} of them: their sender has fresh keys in between`, async () => {
    const group = await groupOf(alice, bob, carol)
    await carol.client.sync()
    const before = group.epoch()
    for (let n = 0; n < many; n++) await group.send(`${n}`, { to: [bob.client.user] })
    expect(group.epoch()).to.equal(before + 1n)
    await group.send('after all that')
    await carol.untilText('after all that')
    expect(carol.texts().filter((text) => /^\d+$/.test(text))).to.deep.equal([])
    await bob.untilText('after all that')
    expect(bob.texts().filter((text) => /^\d+$/.test(text))).to.have.length(many)
  })
})
