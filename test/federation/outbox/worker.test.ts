/** The worker that sends what is unconfirmed: to whom, when, how much at once, and what it believes. */
import { expect } from 'chai'
import type { Item, Notified } from '#src/federation/item.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { addOf } from '../../commands/forgedPeople.js'
import { commitOf, found, message } from '../../simulation/federation/hub.js'
import { isAway, openScene, takesAll } from '../scene.js'
import type { Scene } from '../scene.js'

const week = 7 * 24 * 3_600_000

const joined = async (): Promise<Scene> => {
  const scene = await openScene()
  await scene.add(scene.bob)
  await scene.round()
  return scene
}
const numbersOf = (items: readonly Item[]): readonly number[] => items.map(({ sequence }) => sequence)
const sentNumbers = ({ sent }: Scene): readonly (readonly number[])[] => sent.map(({ items }) => numbersOf(items))
const facts = async ({ hub, follower }: Scene): Promise<readonly string[]> =>
  (await hub.server.events.readStream(peerStream(follower.domain), { from: 0, limit: 100 })).map(({ type }) => type)
const stopped = ({ hub }: Scene): readonly string[] =>
  hub.server
    .worker()
    .status()
    .stopped.map(({ why }) => why)

describe('the outbox’s worker', () => {
  it('records where a follower begins before it sends anything', async () => {
    const scene = await joined()
    expect([await facts(scene), scene.sent]).to.deep.equal([['PeerConfirmed'], []])
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
  })

  it('sends nothing to a peer that failed before its time, and then all in order', async () => {
    const scene = await joined()
    scene.answer = isAway
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
    await message(scene.hub, scene.group)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0]])
    const at = scene.hub.server.worker().nextAt()
    expect(at).to.be.within(scene.hub.now() + 500, scene.hub.now() + 1_000)
    scene.answer = takesAll
    scene.advance(1_000)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0, 1]])
    expect(scene.hub.server.worker().nextAt()).to.equal(undefined)
  })

  it('sends two hundred items at once and no more, and confirms once a second at most', async () => {
    const scene = await openScene({ peerQueueMessagesMax: 1_000, peerQueueBytesMax: 1e9, peerQueueAgeMsMax: 1e9 })
    await scene.add(scene.bob)
    for (let n = 0; n < 250; n++) await message(scene.hub, scene.group)
    await scene.round()
    for (let n = 0; n < 3; n++) await scene.round()
    expect(sentNumbers(scene).map((numbers) => [numbers[0], numbers.length])).to.deep.equal([
      [0, 200],
      [200, 51],
    ])
    expect(await facts(scene)).to.deep.equal(['PeerConfirmed', 'PeerConfirmed'])
    scene.advance(1_000)
    await scene.round()
    expect(await facts(scene)).to.have.length(3)
    expect(await scene.hub.server.view().unconfirmed(scene.follower.domain)).to.deep.equal([])
  })

  it('has three requests under way to a peer, and one of a group', async () => {
    const scene = await joined()
    const { hub, bob, alice } = scene
    const groups = [scene.group]
    for (let n = 0; n < 4; n++) {
      const group = await found(hub, alice)
      groups.push(group)
      await commitOf(hub, group, alice, [addOf(bob)])
    }
    let [underWay, most] = [0, 0]
    const perGroup = new Map<string, number>()
    scene.answer = async (_peer, group, items): Promise<Notified> => {
      expect(perGroup.get(group) ?? 0).to.equal(0)
      perGroup.set(group, 1)
      most = Math.max(most, ++underWay)
      for (let n = 0; n < 20; n++) await Promise.resolve()
      underWay--
      perGroup.set(group, 0)
      return { status: 'recorded', next: (items.at(-1)?.sequence ?? 0) + 1 }
    }
    for (let n = 0; n < 3; n++) await scene.round()
    expect(most).to.equal(3)
    expect([...new Set(scene.sent.map(({ group }) => group))].sort()).to.deep.equal([...groups].sort())
  })

  it('gives a peer up after a week, and takes it up again when it shows itself', async () => {
    const scene = await joined()
    const worker = scene.hub.server.worker()
    scene.answer = isAway
    await scene.round()
    scene.advance(week)
    await scene.round()
    expect(worker.status().paused).to.deep.equal([scene.follower.domain])
    expect([await facts(scene), worker.nextAt()]).to.deep.equal([['PeerConfirmed', 'PeerPaused'], undefined])
    scene.answer = takesAll
    scene.advance(week)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
    await worker.wake(scene.follower.domain)
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0], [0]])
    expect(await facts(scene)).to.include.members(['PeerPaused', 'PeerResumed'])
    expect(worker.status().paused).to.deep.equal([])
  })

  it('goes on where the peer says it is, within what it was sent', async () => {
    const scene = await joined()
    for (let n = 0; n < 4; n++) await message(scene.hub, scene.group)
    scene.answer = () => Promise.resolve({ status: 'recorded', next: 2 })
    await scene.round()
    scene.answer = takesAll
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([
      [0, 1, 2, 3, 4],
      [2, 3, 4],
    ])
  })

  it('starts over from what is confirmed where the peer expects less than it had said', async () => {
    const scene = await joined()
    for (let n = 0; n < 2; n++) await scene.round()
    for (let n = 0; n < 2; n++) await message(scene.hub, scene.group)
    scene.answer = () => Promise.resolve({ status: 'recorded', next: 2 })
    await scene.round()
    scene.answer = () => Promise.resolve({ status: 'unexpected', next: 1 })
    await scene.round()
    scene.answer = takesAll
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [1, 2], [2], [1, 2]])
    expect(stopped(scene)).to.deep.equal([])
  })

  for (const [said, answer, why] of [
    ['it has more than it was sent', { status: 'recorded', next: 9 }, /expects 9, and was sent 0/],
    ['the hub broke a rule', { status: 'refused', next: 0, reason: 'so it is' }, /so it is/],
  ] as const)
    it(`stops a group of which the peer says that ${said}, until the peer shows itself a minute later`, async () => {
      const scene = await joined()
      scene.answer = () => Promise.resolve(answer)
      await scene.round()
      expect(stopped(scene)).to.have.length(1)
      expect(stopped(scene)[0]).to.match(why)
      scene.answer = takesAll
      await scene.round()
      await scene.hub.server.worker().wake(scene.follower.domain)
      await scene.round()
      expect(sentNumbers(scene)).to.deep.equal([[0]])
      scene.advance(60_000)
      await scene.hub.server.worker().wake(scene.follower.domain)
      await scene.round()
      expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
    })

  it('lets a group wait that the peer cannot judge now, and takes the peer for there', async () => {
    const scene = await joined()
    scene.answer = () => Promise.resolve({ status: 'later' })
    await scene.round()
    scene.advance(499)
    await scene.round()
    expect([sentNumbers(scene), scene.hub.server.worker().status()]).to.deep.equal([
      [[0]],
      { failing: [], paused: [], stopped: [] },
    ])
    scene.advance(501)
    scene.answer = takesAll
    await scene.round()
    expect(sentNumbers(scene)).to.deep.equal([[0], [0]])
  })

  it('does not send again at once what a peer answers without taking it', async () => {
    const scene = await joined()
    for (const answer of [
      { status: 'recorded', next: 0 },
      { status: 'unexpected', next: 0 },
    ] as const) {
      scene.answer = () => Promise.resolve(answer)
      expect(await scene.hub.server.worker().serve(scene.follower.domain)).to.not.equal('more')
    }
    scene.answer = takesAll
    expect(await scene.hub.server.worker().serve(scene.follower.domain)).to.equal('more')
  })

  it('stops a group of which the peer lost what it had confirmed', async () => {
    const scene = await joined()
    await scene.drain()
    await message(scene.hub, scene.group)
    scene.answer = () => Promise.resolve({ status: 'unexpected', next: 0 })
    await scene.round()
    expect(stopped(scene)).to.deep.equal(['it lost what it had confirmed: 0'])
  })

  it('keeps the blobs that an item is made of: GroupInfo and Welcome', async () => {
    const scene = await openScene()
    scene.answer = isAway
    await scene.add(scene.bob)
    await scene.round()
    const [created, commit] = (
      await scene.hub.server.events.readStream(`group-${scene.group.slice(-22)}`, { from: 0, limit: 9 })
    ).filter(({ type }) => type === 'CommitAccepted' || type === 'GroupCreated')
    const { groupInfo, welcome } = commit?.data as Record<'groupInfo' | 'welcome', { digest: string }>
    const view = scene.hub.server.view()
    expect(await view.namesBlob(groupInfo.digest)).to.equal(true)
    expect(await view.namesBlob(welcome.digest)).to.equal(true)
    const { groupInfoBlob } = created?.data as { groupInfoBlob: { digest: string } }
    expect(await view.namesBlob(groupInfoBlob.digest)).to.equal(false)
    scene.answer = takesAll
    await scene.drain()
    expect(await view.namesBlob(welcome.digest)).to.equal(false)
  })
})
