/** Clients put back to an older copy of their store: they say so, send nothing with used keys, and go on. */
import { expect } from 'chai'
import type { Group } from '#src/client/index.js'
import { copyOf, groupAt, groupOf, openHouse, type Player, type House } from './house.js'

const saidSo = ({ events }: Player): number => events.filter(({ type }) => type === 'restoredFromCopy').length

describe('Older copies', () => {
  let house: House
  let alice: Player
  let bob: Player
  before(async () => {
    house = await openHouse()
  })
  beforeEach(async () => {
    const n = Math.random().toString(36).slice(2, 8)
    alice = await house.register(`alice-${n}`)
    bob = await house.register(`bob-${n}`)
  })
  after(() => house.close())

  /** Bob goes on past the copy, so that the server heard of more than it has read. */
  const goOn = async (group: Group, texts: readonly string[]): Promise<void> => {
    for (const text of texts) await groupAt(bob, group).send(text)
    await alice.untilText(texts.at(-1)!)
    await group.send('seen after the copy')
    await bob.untilText('seen after the copy')
    await bob.client.sync()
  }

  const allReadOnce = async (group: Group, texts: readonly string[]): Promise<void> => {
    await alice.untilText(texts.at(-1)!)
    expect(alice.texts()).to.deep.equal(texts)
    expect(alice.events.filter(({ type }) => type === 'missed')).to.deep.equal([])
    await group.send('to the copy')
    await bob.untilText('to the copy')
  }

  for (const first of ['a send', 'a look at the queue', 'going live'] as const)
    it(`begin an epoch of their own before they send, when ${first} comes first`, async () => {
      const group = await groupOf(alice, bob)
      const copy = await copyOf(bob.store)
      await goOn(group, ['one', 'two'])
      const epoch = group.epoch()
      bob = await bob.restart(copy)
      if (first === 'a look at the queue') await bob.client.sync()
      if (first === 'going live') await bob.client.connect()
      await groupAt(bob, group).send('three')
      await allReadOnce(group, ['one', 'two', 'three'])
      expect(group.epoch()).to.equal(epoch + 1n)
      await bob.untilEvent('restoredFromCopy')

      bob = await bob.restart(copy)
      await bob.client.sync()
      await groupAt(bob, group).send('four')
      await allReadOnce(group, ['one', 'two', 'three', 'four'])
      expect(saidSo(bob)).to.equal(0)
      expect(group.epoch()).to.equal(epoch + 1n)
    })

  it('resync where the newer state had committed', async () => {
    const group = await groupOf(alice, bob)
    const copy = await copyOf(bob.store)
    await groupAt(bob, group).update()
    await goOn(group, ['one'])
    bob = await bob.restart(copy)
    await groupAt(bob, group).send('two')
    await allReadOnce(group, ['one', 'two'])
    await bob.untilEvent('resynced')
    expect(saidSo(bob)).to.equal(1)
  })

  it('discard what was on its way in them', async () => {
    const group = await groupOf(alice, bob)
    await bob.client.sync()
    await house.server.crash()
    const sending = groupAt(bob, group).send('once')
    const record = `group/${group.id}`
    await bob.untilStored(async (store) => new TextDecoder().decode(await store.get(record)).includes('idempotencyKey'))
    const copy = await copyOf(bob.store)
    await house.server.restart()
    await sending
    await goOn(group, ['twice'])
    bob = await bob.restart(copy)
    await groupAt(bob, group).send('thrice')
    await allReadOnce(group, ['once', 'twice', 'thrice'])
    expect(saidSo(bob)).to.equal(1)
  })

  it('of before anything was read can be added to groups again, though the server has KeyPackages that they lack', async () => {
    const copy = await copyOf(bob.store)
    for (let n = 0; n < 16; n++) await groupOf(alice, bob)
    await bob.client.sync()
    bob = await bob.restart(copy)
    await bob.client.sync()
    expect((await bob.client.take()).filter(({ type }) => type === 'restoredFromCopy')).to.have.length(1)
    const group = await groupOf(alice, bob)
    await group.send('hello again')
    await bob.untilText('hello again')
  })

  it('are not what a client that was only stopped is', async () => {
    const group = await groupOf(alice, bob)
    await goOn(group, ['one'])
    const epoch = group.epoch()
    bob = await bob.restart()
    await bob.client.sync()
    await groupAt(bob, group).send('two')
    await allReadOnce(group, ['one', 'two'])
    expect([saidSo(bob), group.epoch()]).to.deep.equal([0, epoch])
  })
})
