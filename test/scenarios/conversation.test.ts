/** Talking: both ways, offline, live, across restarts of the client, each message once and in order. */
import { expect } from 'chai'
import { groupAt, groupOf, inStep, openHouse, type Player, type House } from './house.js'

describe('Conversation', () => {
  let house: House
  let alice: Player
  let bob: Player
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
  })
  after(() => house.close())

  it('goes both ways, by fetching', async () => {
    const group = await groupOf(alice, bob)
    await group.send('one')
    await group.send('two')
    await bob.untilText('two')
    await groupAt(bob, group).send('three')
    await alice.untilText('three')
    expect(bob.texts()).to.deep.equal(['one', 'two'])
    expect(alice.texts()).to.deep.equal(['three'])
    const [first] = bob.events.filter((event) => event.type === 'message')
    expect(first).to.deep.include({
      group: group.id,
      from: { user: alice.client.user, client: alice.client.client },
      epoch: 1n,
    })
  })

  it('names who speaks by the handle that found them, over a restart, and others not', async () => {
    await alice.client.findUser(bob.handle)
    const carol = await house.register('carol')
    const group = await groupOf(alice, bob, carol)
    alice = await alice.restart()
    await groupAt(bob, group).send('from bob')
    await groupAt(carol, group).send('from carol')
    await alice.untilText('from bob')
    await alice.untilText('from carol')
    const handles = alice.events.flatMap((event) => (event.type === 'message' ? [[event.text, event.from.handle]] : []))
    expect(handles).to.deep.equal([
      ['from bob', bob.handle],
      ['from carol', undefined],
    ])
  })

  it('goes live, and catches up what came while it was not', async () => {
    const group = await groupOf(alice, bob)
    await bob.client.connect()
    await group.send('live 1')
    await bob.untilText('live 1')
    bob.client.disconnect()
    for (const text of ['away 1', 'away 2', 'away 3']) await group.send(text)
    await bob.client.connect()
    await bob.untilText('away 3')
    await group.send('live 2')
    await bob.untilText('live 2')
    bob.client.disconnect()
    expect(bob.texts().slice(-5)).to.deep.equal(['live 1', 'away 1', 'away 2', 'away 3', 'live 2'])
  })

  it('comes to the iterator once, also when the client is closed in the middle and opened again', async () => {
    const group = await groupOf(alice, bob)
    await bob.client.take()
    for (let n = 0; n < 5; n++) await group.send(`number ${n}`)
    await bob.client.connect()
    const read: string[] = []
    for await (const { text } of bob.client.messages()) {
      read.push(text)
      if (read.length === 2) break
    }
    bob = await bob.restart()
    await bob.client.connect()
    for await (const { text } of bob.client.messages()) {
      read.push(text)
      if (read.length === 5) break
    }
    expect(read).to.deep.equal([0, 1, 2, 3, 4].map((n) => `number ${n}`))
  })

  it('reaches every client of a user, and those of the sender', async () => {
    const group = await groupOf(alice, bob)
    const laptop = await house.link(alice)
    await group.invite(alice.client.user)
    await laptop.untilEvent('joined')
    await groupAt(laptop, group).send('from the laptop')
    await Promise.all([alice.untilText('from the laptop'), bob.untilText('from the laptop')])
    expect(laptop.texts()).to.deep.equal([])
  })

  it('lets a new client of a member in by itself', async () => {
    const group = await groupOf(alice, bob)
    const tablet = await house.link(bob)
    await tablet.client.joinGroup(group.id)
    await inStep(alice, tablet, group)
    await group.send('hello tablet')
    await tablet.untilText('hello tablet')
    const ofGroup = tablet.events.filter((event) => 'group' in event)
    expect(ofGroup.map(({ type }) => type)).to.deep.equal(['joined', 'message'])
  })

  it('sends in the order of the calls, also when they do not wait for each other', async () => {
    const group = await groupOf(alice, bob)
    const texts = Array.from({ length: 20 }, (_, n) => `burst ${n}`)
    await Promise.all(texts.map((text) => group.send(text)))
    await bob.untilText('burst 19')
    expect(bob.texts().filter((text) => text.startsWith('burst'))).to.deep.equal(texts)
  })

  it('shows bytes as they were sent', async () => {
    const group = await groupOf(alice, bob)
    const data = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251)
    await group.send(data)
    const message = await bob.until(() =>
      bob.events.find((event) => event.type === 'message' && event.data.length === data.length),
    )
    expect(message).to.have.property('data').that.deep.equals(data)
  })

  it('keeps its place in the queue over a restart of client and server', async () => {
    const group = await groupOf(alice, bob)
    await group.send('before the restart')
    await bob.untilText('before the restart')
    await house.server.crash()
    await house.server.restart()
    bob = await bob.restart()
    alice = await alice.restart()
    await groupAt(alice, group).send('after the restart')
    await bob.untilText('after the restart')
    expect(bob.texts()).to.deep.equal(['after the restart'])
  })
})
